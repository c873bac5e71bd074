//! Owns what a file says before it is read as a program: parts that are for other systems are left out, those that stand
//! behind a condition come to the rest, and small macros of the file's own are written out.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Item, ItemMacro, Macro, Meta, Stmt, Token};

use super::syntax::{last, plain};

/// A macro written out may hold macros itself, as often.
const DEEPEST: usize = 4;
/// Brackets of a macro's own nest no deeper, so that what holds it can still be walked through.
const DEEPEST_BRACKETS: usize = 24;
/// As many tokens come of one use of a macro.
const LONGEST: usize = 2_000;
/// As many uses are written out in a file.
const MOST_USES: usize = 2_000;

/// Writes a file out as the compiler of this machine would begin to.
pub fn expand(file: &mut syn::File) {
    let mut macros = Macros::default();
    macros.visit_file(file);
    let mut writer = Writer {
        rules: macros.0,
        depth: 0,
        uses: 0,
    };
    writer.visit_file_mut(file);
}

/// A macro of one rule whose parameters follow each other: `($name:ident, $text:expr $(,)?) => { … }`.
#[derive(Clone)]
struct Rule {
    parameters: Vec<String>,
    body: Group,
}

/// The macros that a file declares and that can be written out, by name.
#[derive(Default)]
struct Macros(HashMap<String, Rule>);

impl<'c> Visit<'c> for Macros {
    fn visit_item_macro(&mut self, item: &'c ItemMacro) {
        if item.mac.path.is_ident("macro_rules")
            && let Some(name) = &item.ident
            && let Some(rule) = rule(&item.mac.tokens)
        {
            self.0.insert(plain(name), rule);
        }
    }
}

/// The one rule of a macro; nothing where it has several, or repeats anything but a comma at the end.
fn rule(tokens: &TokenStream) -> Option<Rule> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().take(6).collect();
    let (TokenTree::Group(pattern), TokenTree::Group(body)) = (tokens.first()?, tokens.get(3)?)
    else {
        return None;
    };
    let ends = tokens.len() == 4
        || tokens.len() == 5 && matches!(&tokens[4], TokenTree::Punct(p) if p.as_char() == ';');
    if !ends || !is_small(&body.stream(), 0, &mut 0) {
        return None;
    }
    let mut parameters = Vec::new();
    let mut pattern = pattern.stream().into_iter().peekable();
    while let Some(token) = pattern.next() {
        match token {
            TokenTree::Punct(p) if p.as_char() == ',' => {}
            TokenTree::Punct(p) if p.as_char() == '$' => match pattern.next()? {
                TokenTree::Ident(name) => {
                    parameters.push(name.to_string());
                    // Its kind: `: expr`.
                    pattern.next()?;
                    pattern.next()?;
                }
                // `$(,)?`
                TokenTree::Group(group) => {
                    let repeated: Vec<TokenTree> = group.stream().into_iter().take(2).collect();
                    let is_comma =
                        matches!(repeated.as_slice(), [TokenTree::Punct(p)] if p.as_char() == ',');
                    if !is_comma || parameters.is_empty() {
                        return None;
                    }
                    pattern.next()?;
                }
                _ => return None,
            },
            _ => return None,
        }
    }
    Some(Rule {
        parameters,
        body: body.clone(),
    })
}

/// Whether tokens are few and nest little.
fn is_small(tokens: &TokenStream, depth: usize, count: &mut usize) -> bool {
    depth <= DEEPEST_BRACKETS
        && tokens.clone().into_iter().all(|token| {
            *count += 1;
            *count <= LONGEST
                && match token {
                    TokenTree::Group(group) => is_small(&group.stream(), depth + 1, count),
                    _ => true,
                }
        })
}

impl Rule {
    /// What a use of the macro stands for, in braces.
    fn written(&self, given: &TokenStream) -> Option<TokenTree> {
        if !is_small(given, 0, &mut 0) {
            return None;
        }
        let mut arguments: Vec<TokenStream> = Vec::new();
        let mut current: Vec<TokenTree> = Vec::new();
        for token in given.clone() {
            match &token {
                TokenTree::Punct(p) if p.as_char() == ',' => {
                    arguments.push(std::mem::take(&mut current).into_iter().collect());
                }
                _ => current.push(token),
            }
        }
        if !current.is_empty() {
            arguments.push(current.into_iter().collect());
        }
        if arguments.len() != self.parameters.len() {
            return None;
        }
        let given: HashMap<&str, &TokenStream> = self
            .parameters
            .iter()
            .map(String::as_str)
            .zip(&arguments)
            .collect();
        let mut count = 0;
        let body = filled(self.body.stream(), &given, &mut count)?;
        let mut group = Group::new(Delimiter::Brace, body);
        group.set_span(self.body.span());
        Some(TokenTree::Group(group))
    }
}

/// A macro's body with its parameters filled in; nothing where it repeats.
fn filled(
    body: TokenStream,
    given: &HashMap<&str, &TokenStream>,
    count: &mut usize,
) -> Option<TokenStream> {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut tokens = body.into_iter();
    while let Some(token) = tokens.next() {
        *count += 1;
        if *count > LONGEST {
            return None;
        }
        match token {
            TokenTree::Punct(p) if p.as_char() == '$' => match tokens.next()? {
                TokenTree::Ident(name) => {
                    let given = given.get(name.to_string().as_str())?;
                    out.extend((*given).clone());
                }
                _ => return None,
            },
            TokenTree::Group(group) => {
                let mut inner =
                    Group::new(group.delimiter(), filled(group.stream(), given, count)?);
                inner.set_span(group.span());
                out.push(TokenTree::Group(inner));
            }
            other => out.push(other),
        }
    }
    Some(out.into_iter().collect())
}

struct Writer {
    rules: HashMap<String, Rule>,
    depth: usize,
    uses: usize,
}

impl Writer {
    /// What a use of one of the file's macros stands for.
    fn block(&mut self, mac: &Macro) -> Option<syn::ExprBlock> {
        if self.depth >= DEEPEST || self.uses >= MOST_USES {
            return None;
        }
        let rule = self.rules.get(&last(&mac.path))?;
        self.uses += 1;
        syn::parse2(rule.written(&mac.tokens)?.into()).ok()
    }

    /// The items that a macro stands for: those of every branch of a `cfg_if!`, or of the file's own.
    fn items(&mut self, mac: &Macro) -> Option<Vec<Item>> {
        if self.depth >= DEEPEST || self.uses >= MOST_USES {
            return None;
        }
        self.uses += 1;
        let parse = |stream: TokenStream| Some(syn::parse2::<syn::File>(stream).ok()?.items);
        if last(&mac.path) == "cfg_if" {
            return branches(&mac.tokens)
                .into_iter()
                .map(parse)
                .collect::<Option<Vec<_>>>()
                .map(|all| all.concat());
        }
        match self.rules.get(&last(&mac.path))?.written(&mac.tokens)? {
            TokenTree::Group(group) => parse(group.stream()),
            _ => None,
        }
    }

    fn write_items(&mut self, items: &mut Vec<Item>) {
        items.retain(|item| is_here(attributes(item)));
        for item in std::mem::take(items) {
            match &item {
                Item::Macro(mac) if mac.ident.is_none() => match self.items(&mac.mac) {
                    Some(mut inner) => {
                        self.depth += 1;
                        self.write_items(&mut inner);
                        self.depth -= 1;
                        items.append(&mut inner);
                    }
                    None => items.push(item),
                },
                _ => items.push(item),
            }
        }
    }
}

impl VisitMut for Writer {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        self.write_items(&mut file.items);
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, item: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut item.content {
            self.write_items(items);
        }
        visit_mut::visit_item_mod_mut(self, item);
    }

    fn visit_item_impl_mut(&mut self, item: &mut syn::ItemImpl) {
        item.items.retain(|item| match item {
            syn::ImplItem::Fn(item) => is_here(&item.attrs),
            syn::ImplItem::Const(item) => is_here(&item.attrs),
            _ => true,
        });
        visit_mut::visit_item_impl_mut(self, item);
    }

    fn visit_item_enum_mut(&mut self, item: &mut syn::ItemEnum) {
        item.variants = keep(std::mem::take(&mut item.variants), |variant| &variant.attrs);
        visit_mut::visit_item_enum_mut(self, item);
    }

    fn visit_fields_named_mut(&mut self, fields: &mut syn::FieldsNamed) {
        fields.named = keep(std::mem::take(&mut fields.named), |field| &field.attrs);
        visit_mut::visit_fields_named_mut(self, fields);
    }

    fn visit_expr_match_mut(&mut self, expr: &mut syn::ExprMatch) {
        expr.arms.retain(|arm| is_here(&arm.attrs));
        visit_mut::visit_expr_match_mut(self, expr);
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|stmt| match stmt {
            Stmt::Local(local) => is_here(&local.attrs),
            Stmt::Item(item) => is_here(attributes(item)),
            Stmt::Macro(mac) => is_here(&mac.attrs),
            Stmt::Expr(Expr::Block(block), _) => is_here(&block.attrs),
            Stmt::Expr(..) => true,
        });
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if let Stmt::Macro(mac) = stmt
            && let Some(block) = self.block(&mac.mac)
        {
            *stmt = Stmt::Expr(Expr::Block(block), mac.semi_token);
            self.depth += 1;
            visit_mut::visit_stmt_mut(self, stmt);
            self.depth -= 1;
            return;
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Macro(mac) = expr
            && let Some(block) = self.block(&mac.mac)
        {
            // One value without statements is the value.
            *expr = match <[Stmt; 1]>::try_from(block.block.stmts.clone()) {
                Ok([Stmt::Expr(value, None)]) => value,
                _ => Expr::Block(block),
            };
            self.depth += 1;
            visit_mut::visit_expr_mut(self, expr);
            self.depth -= 1;
            return;
        }
        visit_mut::visit_expr_mut(self, expr);
    }
}

/// The bodies of `if #[cfg(…)] { … } else { … }`, those left out that are for other systems.
fn branches(tokens: &TokenStream) -> Vec<TokenStream> {
    let mut found = Vec::new();
    let mut is_wanted = true;
    for token in tokens.clone() {
        let TokenTree::Group(group) = token else {
            continue;
        };
        match group.delimiter() {
            Delimiter::Bracket => {
                let meta = syn::parse2::<Meta>(group.stream()).ok();
                is_wanted = meta.and_then(|meta| holds_of_cfg(&meta)) != Some(false);
            }
            Delimiter::Brace => {
                if is_wanted {
                    found.push(group.stream());
                }
                is_wanted = true;
            }
            _ => {}
        }
    }
    found
}

fn keep<T>(
    parts: Punctuated<T, Token![,]>,
    attrs: impl Fn(&T) -> &Vec<Attribute>,
) -> Punctuated<T, Token![,]> {
    parts
        .into_pairs()
        .filter(|pair| is_here(attrs(pair.value())))
        .collect()
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether this machine's compiler may see what stands under attributes.
fn is_here(attrs: &[Attribute]) -> bool {
    attrs
        .iter()
        .all(|attr| holds_of_cfg(&attr.meta) != Some(false))
}

/// Whether `cfg(…)` holds; nothing where it is about something else than the system.
fn holds_of_cfg(meta: &Meta) -> Option<bool> {
    match meta {
        Meta::List(list) if list.path.is_ident("cfg") => holds(&list.parse_args::<Meta>().ok()?, 0),
        _ => None,
    }
}

/// Whether a condition about the system holds here (<https://doc.rust-lang.org/reference/conditional-compilation.html>).
fn holds(condition: &Meta, depth: usize) -> Option<bool> {
    if depth > DEEPEST_BRACKETS {
        return None;
    }
    let several = |list: &syn::MetaList| -> Option<Vec<Option<bool>>> {
        let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
        let parts = list.parse_args_with(parse).ok()?;
        Some(parts.iter().map(|part| holds(part, depth + 1)).collect())
    };
    match condition {
        Meta::Path(path) if path.is_ident("unix") => Some(cfg!(unix)),
        Meta::Path(path) if path.is_ident("windows") => Some(cfg!(windows)),
        Meta::NameValue(pair) => {
            let wanted = super::syntax::text(&pair.value)?;
            match last(&pair.path).as_str() {
                "target_os" => Some(wanted == std::env::consts::OS),
                "target_family" => Some(wanted == std::env::consts::FAMILY),
                _ => None,
            }
        }
        Meta::List(list) if list.path.is_ident("not") => {
            holds(&list.parse_args::<Meta>().ok()?, depth + 1).map(|held| !held)
        }
        Meta::List(list) if list.path.is_ident("all") => {
            let parts = several(list)?;
            match parts.contains(&Some(false)) {
                true => Some(false),
                false => parts.into_iter().collect::<Option<Vec<_>>>().map(|_| true),
            }
        }
        Meta::List(list) if list.path.is_ident("any") => {
            let parts = several(list)?;
            match parts.contains(&Some(true)) {
                true => Some(true),
                false => parts.into_iter().collect::<Option<Vec<_>>>().map(|_| false),
            }
        }
        _ => None,
    }
}
