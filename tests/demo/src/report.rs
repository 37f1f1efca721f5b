//! The migration's report, taken out of the bucket so that it outlives the demo and a browser can open it.

use crate::view::View;
use local_cloud::LocalCloud;
use std::path::Path;

/// Writes page and document below `target/demo` and says where they are; says so where there is none.
pub(crate) async fn keep(cloud: &LocalCloud, root: &Path, view: &View) -> anyhow::Result<()> {
    let folder = root.join("target/demo");
    tokio::fs::create_dir_all(&folder).await?;
    let mut page = None;
    for object in cloud.objects().await? {
        let Some((_, name)) = object.key.rsplit_once('/') else {
            continue;
        };
        let file = folder.join(name);
        tokio::fs::write(&file, &object.text).await?;
        if object.content_type.starts_with("text/html") {
            page = Some((object, file));
        }
    }
    match page {
        Some((object, file)) => {
            view.note("report", format!("s3://{}/{}", object.bucket, object.key));
            view.note("", format!("open file://{}", file.display()));
        }
        None => view.note("report", "there is none: the migration had not come to its end"),
    }
    Ok(())
}
