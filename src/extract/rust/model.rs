//! Owns what a crate declares: its types, functions and constants by name, tests left out.

use std::collections::{HashMap, HashSet};

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprLit, Field, ImplItemFn, ItemConst, ItemEnum, ItemFn, ItemStatic, ItemStruct, Lit,
};

use super::names::{Uses, written};
use super::syntax::{is_test, last, plain, shape, text};
use crate::source::{Place, Source, Span};

/// A parsed file.
pub struct Unit {
    /// Its text.
    pub source: Source,
    /// The module it is, from the crate's name on.
    pub module: Vec<String>,
    /// Whether it belongs to the program's own package.
    pub own: bool,
    /// Its syntax.
    pub syntax: syn::File,
}

/// A function or method.
pub struct Function<'c> {
    /// The file it is in.
    pub unit: usize,
    /// Its name.
    pub name: String,
    /// The type that it is a method of.
    pub class: Option<String>,
    /// Its parameters and result.
    pub sig: &'c syn::Signature,
    /// What it does.
    pub block: &'c syn::Block,
}

/// A declaration, with its file.
pub struct Declared<'c, T> {
    /// The file it is in.
    pub unit: usize,
    /// The module it is in.
    pub module: Vec<String>,
    /// The declaration.
    pub item: &'c T,
}

/// A type by the names written, in a module.
struct Named {
    module: Vec<String>,
    names: Vec<String>,
}

/// What a crate declares.
#[derive(Default)]
pub struct Model<'c> {
    /// The files.
    pub units: Vec<&'c Unit>,
    /// Structs in order.
    pub structs: Vec<Declared<'c, ItemStruct>>,
    /// Enums in order.
    pub enums: Vec<Declared<'c, ItemEnum>>,
    /// Where structs and enums of a name stand among them.
    by_name: HashMap<String, (Vec<usize>, Vec<usize>)>,
    /// What modules bring in.
    uses: Uses,
    /// Functions and methods in order.
    pub functions: Vec<Function<'c>>,
    /// Constants by name.
    pub consts: HashMap<String, &'c Expr>,
    /// Types whose `parse()` and the like are called.
    parsed: Vec<Named>,
    /// Types whose `command()` is called: their command line may be described without being taken.
    described: Vec<Named>,
    /// The values that a hand-written `impl ValueEnum` gives, by the type's name.
    pub possible: HashMap<String, Vec<String>>,
    /// The texts that macros of the program stand for: `macro_rules! prefix { () => { "APP_" } }`.
    pub shorthands: HashMap<String, String>,
    /// Macros that stand among items, with their file.
    pub macros: Vec<(usize, &'c syn::Macro)>,
    /// The functions that `main` may come to; nothing where there is no `main`.
    reached: Option<HashSet<usize>>,
    /// Longer texts, with their file.
    pub texts: Vec<(usize, String)>,
}

impl<'c> Model<'c> {
    /// Looks through the files.
    pub fn of(units: &'c [Unit]) -> Self {
        let mut look = Look {
            model: Model {
                units: units.iter().collect(),
                ..Model::default()
            },
            unit: 0,
            matches: false,
            module: Vec::new(),
            class: None,
            function: None,
            in_trait: false,
            parsed: Vec::new(),
        };
        for (at, unit) in units.iter().enumerate() {
            look.unit = at;
            look.module.clone_from(&unit.module);
            look.model.uses.module(&unit.module);
            look.visit_file(&unit.syntax);
        }
        let mut model = look.model;
        model.reached = model.reach();
        let counts = |function: Option<usize>| function.is_none_or(|at| model.is_reached(at));
        let parsed = look
            .parsed
            .into_iter()
            .filter(|(_, function)| counts(*function));
        let parsed: Vec<Named> = parsed.map(|(name, _)| name).collect();
        model.parsed = parsed;
        if look.matches {
            model.parsed.append(&mut model.described);
        }
        model
    }

    /// The struct that names written in a module mean.
    pub fn structure(
        &self,
        module: &[String],
        names: &[String],
    ) -> Option<&Declared<'c, ItemStruct>> {
        self.uses.choose(module, names, |name| {
            let known = self.by_name.get(name).map(|(structs, _)| structs);
            let known = known.into_iter().flatten().map(|at| &self.structs[*at]);
            known.map(|found| (&*found.module, found)).collect()
        })
    }

    /// The enum that names written in a module mean.
    pub fn enumeration(
        &self,
        module: &[String],
        names: &[String],
    ) -> Option<&Declared<'c, ItemEnum>> {
        self.uses.choose(module, names, |name| {
            let known = self.by_name.get(name).map(|(_, enums)| enums);
            let known = known.into_iter().flatten().map(|at| &self.enums[*at]);
            known.map(|found| (&*found.module, found)).collect()
        })
    }

    /// The structs whose `parse()` and the like are called.
    pub fn parsed_structs(&self) -> Vec<&Declared<'c, ItemStruct>> {
        let parsed = self.parsed.iter();
        let found = parsed.filter_map(|name| self.structure(&name.module, &name.names));
        found.collect()
    }

    /// The enums whose `parse()` and the like are called.
    pub fn parsed_enums(&self) -> Vec<&Declared<'c, ItemEnum>> {
        let parsed = self.parsed.iter();
        let found = parsed.filter_map(|name| self.enumeration(&name.module, &name.names));
        found.collect()
    }

    /// The structs whose `command()` is called.
    pub fn described_structs(&self) -> Vec<&Declared<'c, ItemStruct>> {
        let described = self.described.iter();
        let found = described.filter_map(|name| self.structure(&name.module, &name.names));
        found.collect()
    }

    /// Whether `main` may come to a function.
    pub fn is_reached(&self, function: usize) -> bool {
        let reached = self.reached.as_ref();
        reached.is_none_or(|reached| reached.contains(&function))
    }

    /// Whether a file is of the program's own package, not of another of its workspace.
    pub fn is_own(&self, unit: usize) -> bool {
        self.units.get(unit).is_some_and(|unit| unit.own)
    }

    /// The functions that `main` may come to: those whose name stands in it, or in one that it may come to. Nothing where
    /// there is no `main`.
    fn reach(&self) -> Option<HashSet<usize>> {
        let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, function) in self.functions.iter().enumerate() {
            named.entry(&function.name).or_default().push(at);
        }
        let is_main = |at: &usize| self.functions[*at].unit == 0;
        let mut waiting: Vec<usize> = named.get("main")?.iter().copied().filter(is_main).collect();
        if waiting.is_empty() {
            return None;
        }
        let mut reached = HashSet::new();
        while let Some(at) = waiting.pop() {
            if !reached.insert(at) {
                continue;
            }
            let function = &self.functions[at];
            let place = self.place(function.unit, function.block.span());
            let words = place.source.slice(place.span);
            for word in words.split(|c: char| !c.is_alphanumeric() && c != '_') {
                waiting.extend(named.get(word).into_iter().flatten());
            }
        }
        Some(reached)
    }

    /// The place of a span in a file.
    pub fn place(&self, unit: usize, span: proc_macro2::Span) -> Place {
        self.units[unit].source.at(Span::from(span.byte_range()))
    }

    /// The place of a field: its name, with what stands before it on its line.
    pub fn field(&self, unit: usize, field: &Field) -> Place {
        let place = self.place(unit, field.span());
        let Some(ident) = &field.ident else {
            return place;
        };
        let end = self.place(unit, ident.span()).span.end;
        let line = place.source.line_column(end).0;
        let start = place.span.start.max(place.source.line_span(line).start);
        place.source.at(Span::new(start, end))
    }

    /// The text of an expression: a literal, or a constant that holds one.
    pub fn text(&self, expr: &Expr) -> Option<String> {
        text(expr)
            .or_else(|| self.formatted(expr))
            .or_else(|| self.put_together(expr, 0))
            .or_else(|| text(self.constant(expr)?))
            .or_else(|| self.put_together(self.constant(expr)?, 0))
    }

    /// `concat!(prefix!(), "LEVEL")`, where the macro in it stands for a text.
    fn put_together(&self, expr: &Expr, depth: usize) -> Option<String> {
        let Expr::Macro(mac) = super::syntax::peel(expr) else {
            return None;
        };
        let name = last(&mac.mac.path);
        if name != "concat" {
            return self
                .shorthands
                .get(&name)
                .filter(|_| mac.mac.tokens.is_empty())
                .cloned();
        }
        let parse = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
        let parts = mac.mac.parse_body_with(parse).ok()?;
        if depth > 4 {
            return None;
        }
        let part = |part: &Expr| text(part).or_else(|| self.put_together(part, depth + 1));
        parts.iter().map(part).collect()
    }

    /// The texts that an expression lists: an array, a constant that holds one, a function that gives one, the names
    /// of an enum's variants.
    pub fn listed(&self, expr: &'c Expr) -> Option<Vec<String>> {
        let mut expr = super::syntax::peel(expr);
        for _ in 0..4 {
            let next = match expr {
                Expr::Array(array) => {
                    let texts: Option<Vec<String>> =
                        array.elems.iter().map(|e| self.text(e)).collect();
                    return texts.filter(|texts| !texts.is_empty());
                }
                // `ORDERS.to_vec()`, `Format::variants().iter()`
                Expr::MethodCall(call) if call.args.is_empty() => &*call.receiver,
                Expr::Call(call) if call.args.is_empty() => {
                    let Expr::Path(path) = &*call.func else {
                        return None;
                    };
                    let (class, name) = (super::syntax::owner(&path.path), last(&path.path));
                    let function = self.functions.iter().find(|f| {
                        f.name == name && (f.class == class || class.as_deref() == Some("Self"))
                    });
                    match function {
                        Some(function) => given_back(function.block)?,
                        None => return self.names_of_variants(&class?, &name),
                    }
                }
                Expr::Path(path) => match self.constant(expr) {
                    Some(constant) => constant,
                    None => {
                        let class = super::syntax::owner(&path.path)?;
                        return self.names_of_variants(&class, &last(&path.path));
                    }
                },
                _ => return None,
            };
            expr = super::syntax::peel(next);
        }
        None
    }

    /// `Format::VARIANTS`, `Format::variants()`: the names that a derive gives an enum's variants.
    fn names_of_variants(&self, class: &str, member: &str) -> Option<Vec<String>> {
        if !matches!(member, "VARIANTS" | "variants") {
            return None;
        }
        if let Some(values) = self.possible.get(class) {
            return Some(values.clone());
        }
        let (_, enums) = self.by_name.get(class)?;
        let declared = &self.enums[*enums.first()?];
        super::syntax::derives(&declared.item.attrs, &["EnumVariantNames", "VariantNames"])
            .then(|| super::syntax::strum_names(declared.item))
    }

    /// `formatcp!("{SIZE}")`, where the names in it are constants.
    fn formatted(&self, expr: &Expr) -> Option<String> {
        let Expr::Macro(mac) = super::syntax::peel(expr) else {
            return None;
        };
        if !matches!(
            last(&mac.mac.path).as_str(),
            "format" | "formatcp" | "const_format"
        ) {
            return None;
        }
        let shown: syn::LitStr = mac.mac.parse_body().ok()?;
        let shown = shown.value();
        let mut plain = String::new();
        let mut rest = shown.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            plain.push_str(before);
            match super::syntax::value(self.consts.get(name)?)? {
                serde_json::Value::String(text) => plain.push_str(&text),
                other => plain.push_str(&other.to_string()),
            }
            rest = after;
        }
        plain.push_str(rest);
        Some(plain)
    }

    /// The constant that an expression names.
    pub fn constant(&self, expr: &Expr) -> Option<&'c Expr> {
        match super::syntax::peel(expr) {
            Expr::Path(path) => self.consts.get(&last(&path.path)).copied(),
            _ => None,
        }
    }
}

/// What a function gives back: what it returns first, or its last expression.
pub fn given_back(block: &syn::Block) -> Option<&Expr> {
    let returned = block.stmts.iter().find_map(|stmt| match stmt {
        syn::Stmt::Expr(Expr::Return(returned), _) => returned.expr.as_deref(),
        _ => None,
    });
    returned.or(match block.stmts.last()? {
        syn::Stmt::Expr(expr, None) => Some(expr),
        _ => None,
    })
}

/// The text that a macro without parameters stands for.
fn shorthand(item: &syn::ItemMacro) -> Option<(String, String)> {
    use proc_macro2::TokenTree;
    let name = plain(item.ident.as_ref()?);
    let tokens: Vec<TokenTree> = item.mac.tokens.clone().into_iter().take(5).collect();
    let [
        TokenTree::Group(parameters),
        TokenTree::Punct(_),
        TokenTree::Punct(_),
        TokenTree::Group(body),
        ..,
    ] = tokens.as_slice()
    else {
        return None;
    };
    let body: syn::LitStr = syn::parse2(body.stream()).ok()?;
    parameters.stream().is_empty().then(|| (name, body.value()))
}

struct Look<'c> {
    model: Model<'c>,
    unit: usize,
    /// The module that is looked through.
    module: Vec<String>,
    /// The type whose methods are looked through.
    class: Option<Vec<String>>,
    /// Whether a command that was built is given the command line.
    matches: bool,
    /// The function that is looked through; none in what the language calls by itself.
    function: Option<usize>,
    /// Whether the methods are those of a trait.
    in_trait: bool,
    /// Types that are parsed, and the function that does.
    parsed: Vec<(Named, Option<usize>)>,
}

/// The values that `PossibleValue::new("value")` names.
struct PossibleValues(Vec<String>);

impl<'c> Visit<'c> for PossibleValues {
    fn visit_expr_call(&mut self, call: &'c syn::ExprCall) {
        if let Expr::Path(path) = &*call.func
            && last(&path.path) == "new"
            && super::syntax::owner(&path.path).as_deref() == Some("PossibleValue")
            && let Some(value) = call.args.first().and_then(text)
        {
            self.0.push(value);
        }
        visit::visit_expr_call(self, call);
    }
}

impl Look<'_> {
    /// The type before the last name of a path: `cli::Args::parse`, `Self::parse`.
    fn class_of(&self, path: &syn::Path) -> Option<Named> {
        let mut names = written(path);
        names.pop()?;
        if names == ["Self"] {
            names.clone_from(self.class.as_ref()?);
        }
        let module = self.module.clone();
        (!names.is_empty()).then_some(Named { module, names })
    }
}

impl<'c> Visit<'c> for Look<'c> {
    fn visit_item(&mut self, item: &'c syn::Item) {
        let attrs = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Struct(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attrs) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_struct(&mut self, item: &'c ItemStruct) {
        let known = self.model.by_name.entry(plain(&item.ident)).or_default();
        known.0.push(self.model.structs.len());
        self.model.structs.push(Declared {
            unit: self.unit,
            module: self.module.clone(),
            item,
        });
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'c ItemEnum) {
        let known = self.model.by_name.entry(plain(&item.ident)).or_default();
        known.1.push(self.model.enums.len());
        self.model.enums.push(Declared {
            unit: self.unit,
            module: self.module.clone(),
            item,
        });
        visit::visit_item_enum(self, item);
    }

    fn visit_item_mod(&mut self, item: &'c syn::ItemMod) {
        self.module.push(plain(&item.ident));
        self.model.uses.module(&self.module);
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_macro(&mut self, item: &'c syn::ItemMacro) {
        if item.mac.path.is_ident("macro_rules") {
            self.model.shorthands.extend(shorthand(item));
            return;
        }
        // `arg_enum! { pub enum Format { Csv, Json } }`
        if last(&item.mac.path) == "arg_enum"
            && let Ok(item) = item.mac.parse_body::<ItemEnum>()
        {
            let variants = item.variants.iter().map(|variant| plain(&variant.ident));
            self.model
                .possible
                .insert(plain(&item.ident), variants.collect());
        }
        self.model.macros.push((self.unit, &item.mac));
    }

    fn visit_item_use(&mut self, item: &'c syn::ItemUse) {
        self.model.uses.add(&self.module, &item.tree);
    }

    fn visit_item_fn(&mut self, item: &'c ItemFn) {
        self.model.functions.push(Function {
            unit: self.unit,
            name: plain(&item.sig.ident),
            class: None,
            sig: &item.sig,
            block: &item.block,
        });
        let outer = self.function.replace(self.model.functions.len() - 1);
        visit::visit_item_fn(self, item);
        self.function = outer;
    }

    fn visit_impl_item_fn(&mut self, item: &'c ImplItemFn) {
        if is_test(&item.attrs) {
            return;
        }
        self.model.functions.push(Function {
            unit: self.unit,
            name: plain(&item.sig.ident),
            class: self.class.as_ref().and_then(|names| names.last().cloned()),
            sig: &item.sig,
            block: &item.block,
        });
        // What a trait asks for may be called without being named.
        let function = (!self.in_trait).then(|| self.model.functions.len() - 1);
        let outer = std::mem::replace(&mut self.function, function);
        visit::visit_impl_item_fn(self, item);
        self.function = outer;
    }

    fn visit_trait_item_fn(&mut self, item: &'c syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.model.functions.push(Function {
                unit: self.unit,
                name: plain(&item.sig.ident),
                class: None,
                sig: &item.sig,
                block,
            });
            let outer = self.function.take();
            visit::visit_trait_item_fn(self, item);
            self.function = outer;
        }
    }

    fn visit_item_const(&mut self, item: &'c ItemConst) {
        self.model
            .consts
            .entry(plain(&item.ident))
            .or_insert(&item.expr);
        visit::visit_item_const(self, item);
    }

    fn visit_impl_item_const(&mut self, item: &'c syn::ImplItemConst) {
        self.model
            .consts
            .entry(plain(&item.ident))
            .or_insert(&item.expr);
        visit::visit_impl_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &'c ItemStatic) {
        self.model
            .consts
            .entry(plain(&item.ident))
            .or_insert(&item.expr);
        visit::visit_item_static(self, item);
    }

    fn visit_expr_call(&mut self, call: &'c syn::ExprCall) {
        if let Expr::Path(path) = &*call.func
            && matches!(
                last(&path.path).as_str(),
                "parse"
                    | "try_parse"
                    | "parse_from"
                    | "try_parse_from"
                    | "from_args"
                    | "from_env"
                    | "from_clap"
                    | "from_arg_matches"
                    | "from_arg_matches_mut"
                    | "augment_args"
                    | "augment_subcommands"
            )
            && let Some(class) = self.class_of(&path.path)
        {
            self.parsed.push((class, self.function));
        }
        if let Expr::Path(path) = &*call.func
            && matches!(last(&path.path).as_str(), "command" | "into_app" | "clap")
            && let Some(class) = self.class_of(&path.path)
        {
            self.model.described.push(class);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'c syn::ExprMethodCall) {
        self.matches |= call.method.to_string().contains("get_matches");
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item_impl(&mut self, item: &'c syn::ItemImpl) {
        let value_enum = item
            .trait_
            .as_ref()
            .is_some_and(|(path, _)| last(path) == "ValueEnum");
        if value_enum {
            let mut values = PossibleValues(Vec::new());
            values.visit_item_impl(item);
            let name = shape(&item.self_ty).inner;
            if !values.0.is_empty() {
                self.model.possible.insert(name, values.0);
            }
        }
        let outer = std::mem::replace(&mut self.in_trait, item.trait_.is_some());
        let class = self.class.replace(shape(&item.self_ty).path);
        visit::visit_item_impl(self, item);
        self.in_trait = outer;
        self.class = class;
    }

    fn visit_local(&mut self, local: &'c syn::Local) {
        // `let args: Args = Args::parse()`, `let cli: Cli = argh::from_env()`
        if let syn::Pat::Type(typed) = &local.pat
            && local.init.is_some()
        {
            let named = Named {
                module: self.module.clone(),
                names: shape(&typed.ty).path,
            };
            self.parsed.push((named, self.function));
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_lit(&mut self, lit: &'c ExprLit) {
        if let Lit::Str(text) = &lit.lit {
            let text = text.value();
            if text.len() > 30 && text.contains('\n') && self.model.texts.len() < 200 {
                self.model.texts.push((self.unit, text));
            }
        }
        visit::visit_expr_lit(self, lit);
    }
}
