//! The library's value as the domain's: RESP2 and RESP3 alike.

use domain::engine::Reply;
use redis::Value;

pub(super) fn from_value(value: Value) -> Reply {
    match value {
        Value::Nil => Reply::Nil,
        Value::Int(number) => Reply::Int(number),
        Value::Boolean(value) => Reply::Int(i64::from(value)),
        Value::Okay => Reply::Text("OK".to_owned()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Reply::Text(text),
        Value::BulkString(bytes) => Reply::Text(String::from_utf8_lossy(&bytes).into_owned()),
        Value::Double(number) => Reply::Text(number.to_string()),
        Value::Array(items) | Value::Set(items) | Value::Push { data: items, .. } => {
            Reply::List(items.into_iter().map(from_value).collect())
        }
        Value::Map(pairs) => {
            let pairs = pairs
                .into_iter()
                .map(|(name, value)| (from_value(name), from_value(value)));
            Reply::Map(pairs.collect())
        }
        Value::Attribute { data, .. } => from_value(*data),
        Value::ServerError(error) => Reply::Text(error.to_string()),
        // Big numbers and what later versions of the library add: shown, not understood.
        other => Reply::Text(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Reply {
        from_value(redis::parse_redis_value(bytes).expect("RESP"))
    }

    #[test]
    fn resp2_and_resp3_say_the_same() {
        let flat = read(b"*4\r\n$4\r\nbind\r\n$9\r\n127.0.0.1\r\n$4\r\nport\r\n:6379\r\n");
        let map = read(b"%2\r\n$4\r\nbind\r\n=13\r\ntxt:127.0.0.1\r\n+port\r\n:6379\r\n");
        for reply in [flat, map] {
            let fields = reply.fields();
            assert_eq!(fields["bind"].text().as_deref(), Some("127.0.0.1"));
            assert_eq!(fields["port"].number::<u16>(), Some(6379));
        }
        assert_eq!(read(b"_\r\n"), read(b"$-1\r\n"));
        assert_eq!(read(b"~1\r\n+on\r\n"), read(b"*1\r\n+on\r\n"));
        assert_eq!(read(b"#t\r\n"), Reply::Int(1));
    }
}
