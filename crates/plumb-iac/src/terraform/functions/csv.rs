//! `csvdecode`: comma-separated values of RFC 4180, with a header line.

use plumb_model::value::Text;

use super::arguments::{Arguments, Function, Take, wrong};
use crate::val::{Entries, Val};

pub(super) const FUNCTIONS: &[Function] = &[Function::new("csvdecode", 1, decode)];

fn decode(arguments: &Arguments<'_>) -> Take<Val> {
    let text = arguments.text(0)?;
    let mut reader = Reader { rest: &text, line: 1 };
    let header = reader.record()?.ok_or_else(|| wrong("there is no header line"))?;
    let mut names: Vec<Text> = Vec::new();
    for name in header {
        if names.contains(&name) {
            return Err(wrong(format!("the header names `{name}` twice")));
        }
        arguments.spend(names.len() + 1)?;
        names.push(name);
    }
    let mut rows = Vec::new();
    loop {
        let line = reader.line;
        let Some(fields) = reader.record()? else {
            return Ok(Val::list(rows));
        };
        if fields.len() != names.len() {
            return Err(wrong(format!(
                "line {line} has {} fields, the header {}",
                fields.len(),
                names.len()
            )));
        }
        arguments.spend_items(fields.len())?;
        let row: Entries = names
            .iter()
            .cloned()
            .zip(fields.into_iter().map(Val::string))
            .collect();
        rows.push(Val::map(row));
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    /// The fields of the next line that is not empty.
    fn record(&mut self) -> Take<Option<Vec<Text>>> {
        while let Some(rest) = self
            .rest
            .strip_prefix("\r\n")
            .or_else(|| self.rest.strip_prefix('\n'))
        {
            self.rest = rest;
            self.line += 1;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut fields = Vec::new();
        loop {
            let field = if let Some(rest) = self.rest.strip_prefix('"') {
                self.rest = rest;
                self.quoted()?
            } else {
                self.plain()?
            };
            fields.push(field.into());
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
                continue;
            }
            let rest = self.rest.strip_prefix('\r').unwrap_or(self.rest);
            if rest.is_empty() {
                self.rest = rest;
            } else {
                self.rest = rest
                    .strip_prefix('\n')
                    .ok_or_else(|| wrong(format!("text follows a quoted field on line {}", self.line)))?;
                self.line += 1;
            }
            return Ok(Some(fields));
        }
    }

    /// The rest of a field in quotes, in which two quotes mean one.
    fn quoted(&mut self) -> Take<String> {
        let mut field = String::new();
        loop {
            let (part, rest) = self
                .rest
                .split_once('"')
                .ok_or_else(|| wrong(format!("a quoted field does not end; line {}", self.line)))?;
            self.line += part.matches('\n').count();
            field.push_str(&part.replace("\r\n", "\n"));
            self.rest = rest;
            match self.rest.strip_prefix('"') {
                Some(rest) => {
                    field.push('"');
                    self.rest = rest;
                }
                None => return Ok(field),
            }
        }
    }

    fn plain(&mut self) -> Take<String> {
        let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        let field = if rest.starts_with(',') {
            field
        } else {
            field.strip_suffix('\r').unwrap_or(field)
        };
        if field.contains('"') {
            return Err(wrong(format!(
                "a quote stands within a field on line {}",
                self.line
            )));
        }
        self.rest = rest;
        Ok(field.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn tables() {
        check(&[
            (
                "csvdecode",
                r#"["name,size\na,1\n\nb,\"x, \"\"y\"\"\nz\"\r\n"]"#,
                r#"[{"name":"a","size":"1"},{"name":"b","size":"x, \"y\"\nz"}]"#,
            ),
            ("csvdecode", r#"["a,b\r\n"]"#, "[]"),
            ("csvdecode", r#"["a\n,"]"#, "!line 2 has 2 fields, the header 1"),
            ("csvdecode", r#"[""]"#, "!there is no header line"),
            ("csvdecode", r#"["a,a"]"#, "!the header names `a` twice"),
            (
                "csvdecode",
                r#"["a\n\"b"]"#,
                "!a quoted field does not end; line 2",
            ),
            (
                "csvdecode",
                r#"["a\n\"b\"c"]"#,
                "!text follows a quoted field on line 2",
            ),
            (
                "csvdecode",
                r#"["a\nb\"c"]"#,
                "!a quote stands within a field on line 2",
            ),
        ]);
    }
}
