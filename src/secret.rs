//! Owns which names say that a value must not be shown, the values of such keys in YAML that is shown to people, and the
//! hiding of values wherever they turn up.

pub mod mask;

use std::borrow::Cow;

/// Whether a variable's name says that its value must not be shown.
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "CREDENTIAL",
        "APIKEY",
        "PRIVATEKEY",
    ];
    let name = name.to_ascii_uppercase();
    // `PRIVATE_IP` and `PRIVATE_SUBNET` tell where something is, `DEPLOY_PRIVATE` is the key's half.
    WORDS.iter().any(|word| name.contains(word))
        || name.ends_with("_PRIVATE")
        || name
            .split('_')
            .any(|word| matches!(word, "KEY" | "KEYS" | "PWD" | "PASS" | "AUTH"))
            && name != "PWD"
            && name != "OLDPWD"
}

/// A text with these parts of it covered by `*`, byte by byte, line ends excepted, so that every place stays where it was.
pub fn covered_at(text: &str, parts: &[(usize, usize)]) -> String {
    let is_part = |at: usize| parts.iter().any(|(from, to)| (*from..*to).contains(&at));
    let mut covered = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match is_part(at) && !matches!(c, '\n' | '\r') {
            true => covered.extend(std::iter::repeat_n('*', c.len_utf8())),
            false => covered.push(c),
        }
    }
    covered
}

/// Whether the name of an argument says that its value must not be shown. Words of models (`pad_token`, `max_tokens`,
/// `key`) are none.
pub fn is_secret_argument(name: &str) -> bool {
    const ALONE: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "secret",
        "apikey",
        "credentials",
    ];
    // What a token or a key is for, where it opens something.
    const OPENS: &[&str] = &[
        "access",
        "account",
        "api",
        "auth",
        "bearer",
        "bot",
        "encryption",
        "github",
        "gitlab",
        "hf",
        "hub",
        "huggingface",
        "jwt",
        "oauth",
        "personal",
        "private",
        "refresh",
        "secret",
        "session",
        "slack",
        "wandb",
    ];
    let name = name.to_ascii_lowercase().replace(['-', '.'], "_");
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        ["token"] => true,
        [.., opens, "token" | "key"] => OPENS.contains(opens),
        [.., last] => ALONE.contains(last),
        [] => false,
    }
}

/// Lines of YAML with the values of keys whose names say that these are secret covered by `*`, byte by byte, so that
/// every place stays where it was. Names of variables (`${TOKEN}`), numbers and switches are no secrets.
pub fn covered(text: &str) -> Cow<'_, str> {
    let mut covered = Cow::Borrowed(text);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        for (from, to) in secrets_in(line) {
            let stars = "*".repeat(to - from);
            covered
                .to_mut()
                .replace_range(start + from..start + to, &stars);
        }
        start += line.len();
    }
    covered
}

/// Where the secret values of a line of YAML lie in it.
fn secrets_in(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(colon) = line[from..].find(':').map(|at| from + at) {
        from = colon + 1;
        let key = line[..colon].trim_end_matches(['"', '\'', ' ']);
        let part = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let key = key.rsplit(part).next().unwrap_or_default();
        let rest = &line[from..];
        let is_pair = rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']);
        if !is_pair || !names_secret(key) {
            continue;
        }
        let is_flow = line[..colon].contains('{');
        let end = match is_flow {
            true => rest.find([',', '}']),
            false => rest.find(" #"),
        };
        let value = &rest[..end.unwrap_or(rest.len())];
        let begins = from + value.len() - value.trim_start().len();
        let value = value.trim();
        // What a comment explains in several words is no value: `# secret: give it as ${NAME}`.
        let is_comment = line[..colon].contains('#') && value.contains(' ');
        if is_secret(value) && !is_comment {
            let shown = reference(value);
            found.push((begins + shown, begins + value.len()));
            from = begins + value.len();
        }
    }
    found
}

/// Whether a key's name says that its value is secret. Counts of tokens and what splits text into them are none, nor are
/// keys of tables and mappings (`key`, `sort_key`): only variables and what opens something.
pub fn names_secret(key: &str) -> bool {
    const OPENS: &[&str] = &[
        "api",
        "access",
        "private",
        "secret",
        "ssh",
        "account",
        "encryption",
    ];
    let key = key.replace(['-', '.'], "_");
    let lower = key.to_ascii_lowercase();
    let is_variable = key.contains('_') && !key.contains(|c: char| c.is_lowercase());
    let mut words = lower.split('_');
    let is_key = words.clone().any(|word| matches!(word, "key" | "keys"));
    let opens = words.any(|word| OPENS.contains(&word));
    let is_other = lower.contains("tokeniz") || lower.ends_with("tokens");
    is_secret_name(&key) && !is_other && (!is_key || is_variable || opens)
}

/// How much of a value only names a variable: all before the fallback of `${TOKEN:-abc}`.
fn reference(value: &str) -> usize {
    let Some(name) = value.trim_start_matches(['"', '\'']).strip_prefix("${") else {
        return 0;
    };
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let Some(end) = end.filter(|end| name[*end..].starts_with(":-")) else {
        return 0;
    };
    value.len() - name.len() + end + ":-".len()
}

fn is_secret(value: &str) -> bool {
    let text = value.trim_matches(['"', '\'']);
    let is_variable = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    let is_variable = is_variable.is_some_and(|name| !name.contains([':', '$']));
    let is_plain =
        matches!(text, "" | "true" | "false" | "null" | "~") || text.parse::<f64>().is_ok();
    !is_variable && !is_plain && !text.starts_with(['{', '[', '|', '>', '&', '*'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_arguments_are_known_by_their_names() {
        for name in [
            "token",
            "api-key",
            "db_password",
            "hf_token",
            "secret_key",
            "client-secret",
            "apikey",
            "API_KEY",
        ] {
            assert!(is_secret_argument(name), "{name}");
        }
        for name in [
            "key",
            "sort_key",
            "pad_token",
            "max_tokens",
            "tokenizer",
            "token_file",
            "password_file",
            "author",
            "secretary",
            "",
        ] {
            assert!(!is_secret_argument(name), "{name}");
        }
    }

    #[test]
    fn values_of_secret_keys_are_covered_and_nothing_moves() {
        for (text, expected) in [
            ("a: b\n", "a: b\n"),
            (
                "  DB_PASSWORD: hunter2 # mine\n",
                "  DB_PASSWORD: ******* # mine\n",
            ),
            ("\"API-KEY\": 'é'\r\nx: 1", "\"API-KEY\": ****\r\nx: 1"),
            (
                "env: { TOKEN: abc, USER: me }",
                "env: { TOKEN: ***, USER: me }",
            ),
            ("TOKEN: ${TOKEN}", "TOKEN: ${TOKEN}"),
            ("TOKEN: ${TOKEN:-abc}", "TOKEN: ${TOKEN:-****"),
            ("env: { TOKEN: ${TOKEN:-x} }", "env: { TOKEN: ${TOKEN:-*} }"),
            ("TOKEN: abc${TOKEN:-x}", "TOKEN: **************"),
            (
                "  # secret: give it as ${NAME} (a.py:3)",
                "  # secret: give it as ${NAME} (a.py:3)",
            ),
            ("  # API_TOKEN: abc", "  # API_TOKEN: ***"),
            ("max_tokens: 512", "max_tokens: 512"),
            ("tokenizer: bert", "tokenizer: bert"),
            (
                "key: a\nsort_key: b\napi_key: c",
                "key: a\nsort_key: b\napi_key: *",
            ),
            ("TOKEN: { secret: true }", "TOKEN: { secret: true }"),
            ("url: https://token:x", "url: https://token:x"),
            ("TOKEN:", "TOKEN:"),
        ] {
            assert_eq!(covered(text), expected);
            assert_eq!(covered(text).len(), text.len());
        }
    }
}
