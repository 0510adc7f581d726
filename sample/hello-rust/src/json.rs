//! As much JSON (RFC 8259) as a function needs to read an event and answer it.

use std::collections::BTreeMap;

/// A value of an event. Numbers are kept as they are written.
pub enum Json {
    Null,
    Bool,
    Number,
    Text(String),
    List,
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Parses a text that consists of one value, nested at most 128 deep. The
    /// error says at which byte it ends to be JSON.
    pub fn parse(text: &[u8]) -> Result<Json, String> {
        let mut parser = Parser { text, at: 0 };
        let value = parser.value(0).and_then(|value| {
            parser.space();
            (parser.at == text.len()).then_some(value)
        });
        value.ok_or_else(|| format!("event is not JSON at byte {}", parser.at))
    }

    /// The member of that name; none if there is none, if it is null, or if
    /// this is no object.
    pub fn member(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.get(name).filter(|value| !matches!(value, Json::Null)),
            _ => None,
        }
    }
}

/// Appends text as a JSON string, quotes included.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\0'..='\x1f' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
    out.push('"');
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

// None stands for "not JSON", at the byte self.at.
impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: &[u8]) -> bool {
        let found = self.text[self.at..].starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > 128 {
            return None;
        }
        self.space();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Json::Text),
            b'n' => self.take(b"null").then_some(Json::Null),
            b't' => self.take(b"true").then_some(Json::Bool),
            b'f' => self.take(b"false").then_some(Json::Bool),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        let mut members = BTreeMap::new();
        self.at += 1;
        self.space();
        if self.take(b"}") {
            return Some(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            if !self.take(b":") {
                return None;
            }
            members.insert(name, self.value(depth + 1)?);
            self.space();
            if self.take(b"}") {
                return Some(Json::Object(members));
            }
            if !self.take(b",") {
                return None;
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        self.space();
        if self.take(b"]") {
            return Some(Json::List);
        }
        loop {
            self.value(depth + 1)?;
            self.space();
            if self.take(b"]") {
                return Some(Json::List);
            }
            if !self.take(b",") {
                return None;
            }
        }
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<Json> {
        self.take(b"-");
        if !self.take(b"0") {
            self.digits()?;
        }
        if self.take(b".") {
            self.digits()?;
        }
        if self.take(b"e") || self.take(b"E") {
            let _ = self.take(b"+") || self.take(b"-");
            self.digits()?;
        }
        Some(Json::Number)
    }

    fn string(&mut self) -> Option<String> {
        if !self.take(b"\"") {
            return None;
        }
        let mut out = Vec::new();
        loop {
            let c = self.peek()?;
            match c {
                0..=0x1f => return None,
                b'"' => {
                    self.at += 1;
                    return String::from_utf8(out).ok();
                }
                b'\\' => {
                    self.at += 1;
                    let c = self.escape()?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => {
                    self.at += 1;
                    out.push(c);
                }
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(match c {
            b'"' | b'\\' | b'/' => c as char,
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex4()?;
                let behind = self.at;
                if (0xd800..0xdc00).contains(&high) && self.take(b"\\u") {
                    let low = self.hex4()?;
                    if (0xdc00..0xe000).contains(&low) {
                        return char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                    }
                    self.at = behind;
                }
                // Half a pair alone stands for no character.
                char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let mut value = 0;
        for &digit in digits {
            value = value * 16 + (digit as char).to_digit(16)?;
        }
        self.at += 4;
        Some(value)
    }
}
