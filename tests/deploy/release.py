"""The written parts of a release: a template in one piece for each processor, and an SBOM of what is in the zips."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

import templates

ARCHITECTURES = ("arm64", "x86_64")
# https://cyclonedx.org/docs/1.5/json/
CYCLONEDX = "1.5"
PLATFORMS = ("aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu")


def released_template(arch):
    """The template over prebuilt zips: `aws cloudformation package` or `sam deploy` uploads them as they are."""
    template = templates.in_one_piece()
    template["Parameters"]["Architecture"].update({"Default": arch, "AllowedValues": [arch]})
    for body in template["Resources"].values():
        if body["Type"] == templates.FUNCTION:
            binary = body.pop("Metadata")["BuildProperties"]["Binary"]
            body["Properties"]["CodeUri"] = f"{arch}/{binary}.zip"
    return template


def sbom():
    """Every crate that the functions are built from, with its licence and checksum."""
    functions = sorted(path.parent.name for path in templates.ROOT.glob("functions/*/Cargo.toml"))
    # Not `cargo metadata`, which also lists what a feature that nobody chose would link.
    command = ["cargo", "tree", "--locked", "--edges", "normal", "--prefix", "none", "--no-dedupe"]
    command += [f"--target={platform}" for platform in PLATFORMS]
    command += ["--format", "{p}\t{l}", *(argument for name in functions for argument in ("--package", name))]
    tree = subprocess.run(command, cwd=templates.ROOT, check=True, capture_output=True, text=True).stdout
    lock = tomllib.loads((templates.ROOT / "Cargo.lock").read_text())
    checksums = {(each["name"], each["version"]): each.get("checksum") for each in lock["package"]}
    linked = {}
    for line in filter(None, tree.splitlines()):
        package, licence = line.split("\t")
        name, version = package.split()[:2]
        linked[name, version.removeprefix("v")] = licence
    components = [component(name, version, licence, checksums) for (name, version), licence in linked.items()]
    version = next(version for name, version in linked if name == functions[0])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": CYCLONEDX,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "elasticache-migrator",
                "name": "elasticache-migrator",
                "version": version,
                "licenses": [{"expression": "Apache-2.0"}],
            }
        },
        "components": sorted(components, key=lambda each: (each["name"], each["version"])),
    }


def component(name, version, licence, checksums):
    purl = f"pkg:cargo/{name}@{version}"
    found = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if licence:
        # Before SPDX expressions, crates wrote a slash for OR.
        found["licenses"] = [{"expression": licence.replace(" / ", "/").replace("/", " OR ")}]
    if checksums.get((name, version)):
        found["hashes"] = [{"alg": "SHA-256", "content": checksums[name, version]}]
    return found


def write(folder):
    for arch in ARCHITECTURES:
        text = yaml.safe_dump(released_template(arch), sort_keys=False, width=120, allow_unicode=True)
        (folder / f"template-{arch}.yaml").write_text(text)
    (folder / "sbom.cdx.json").write_text(json.dumps(sbom(), indent=1))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
