//! Owns the map from names to values: a list in the order of binding, with a table beside it once there are many. A
//! name is hashed once however many scopes are looked through, and nothing is hashed again when a map grows.

use super::value::{Text, Value};

/// How many names are looked through one by one, without a table.
const FEW: usize = 8;
/// A place of the table from which a name was taken.
const GONE: u32 = u32::MAX;

/// A name and what it is bound to.
#[derive(Clone)]
struct Entry<'a> {
    hash: u32,
    name: Text<'a>,
    value: Value<'a>,
}

/// Names and what they are bound to.
#[derive(Clone, Default)]
pub(super) struct Names<'a> {
    entries: Vec<Entry<'a>>,
    /// Where each entry lies, one more than its place; empty while there are few, else a power of two long.
    table: Vec<u32>,
    /// How many places of the table are or were taken.
    taken: usize,
}

/// The hash of a name.
pub(super) fn hash(name: &str) -> u32 {
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
    let mut state = name.len() as u64;
    let mut words = name.as_bytes().chunks_exact(8);
    for word in words.by_ref() {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        state = (state.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    }
    let rest = words.remainder();
    let word = rest
        .iter()
        .rev()
        .fold(0, |word, byte| word << 8 | u64::from(*byte));
    state = (state.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    (state >> 32) as u32
}

impl<'a> Names<'a> {
    /// What a name is bound to.
    pub(super) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.get_hashed(hash(name), name)
    }

    /// The same where the name's hash is known.
    pub(super) fn get_hashed(&self, hash: u32, name: &str) -> Option<&Value<'a>> {
        let at = self.find(hash, name)?;
        self.entries.get(at).map(|entry| &entry.value)
    }

    /// Whether a name is bound.
    pub(super) fn contains_key(&self, name: &str) -> bool {
        self.find(hash(name), name).is_some()
    }

    /// Binds a name; what it was bound to before.
    pub(super) fn insert(&mut self, name: Text<'a>, value: Value<'a>) -> Option<Value<'a>> {
        let hash = hash(&name);
        if let Some(at) = self.find(hash, &name) {
            return Some(std::mem::replace(&mut self.entries[at].value, value));
        }
        self.entries.push(Entry { hash, name, value });
        if self.table.is_empty() && self.entries.len() <= FEW {
            return None;
        }
        if (self.taken + 1) * 2 > self.table.len() {
            self.index();
        } else {
            self.enlist(self.entries.len() - 1);
        }
        None
    }

    /// Binds a name that is not bound yet.
    pub(super) fn insert_new(&mut self, name: Text<'a>, value: Value<'a>) {
        if !self.contains_key(&name) {
            self.insert(name, value);
        }
    }

    /// What a name is bound to, to be changed.
    pub(super) fn get_mut(&mut self, hash: u32, name: &str) -> Option<&mut Value<'a>> {
        let at = self.find(hash, name)?;
        self.entries.get_mut(at).map(|entry| &mut entry.value)
    }

    /// Forgets a name; what it was bound to. The last one takes its place.
    pub(super) fn remove(&mut self, hash: u32, name: &str) -> Option<Value<'a>> {
        let at = self.find(hash, name)?;
        if !self.table.is_empty() {
            let last = self.entries.len() - 1;
            let moved = self.entries[last].hash;
            self.replace(hash, at, GONE);
            if last != at {
                self.replace(moved, last, place(at));
            }
        }
        Some(self.entries.swap_remove(at).value)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All names.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Text<'a>> {
        self.entries.iter().map(|entry| &entry.name)
    }

    /// All names and what they are bound to.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Text<'a>, &Value<'a>)> {
        self.entries.iter().map(|entry| (&entry.name, &entry.value))
    }

    /// What all names are bound to.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value<'a>> {
        self.entries.iter().map(|entry| &entry.value)
    }

    /// The place of a name among the entries.
    fn find(&self, hash: u32, name: &str) -> Option<usize> {
        let is_it = |entry: &Entry<'a>| entry.hash == hash && *entry.name == *name;
        if self.table.is_empty() {
            return self.entries.iter().position(is_it);
        }
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.table[at] {
                0 => return None,
                GONE => {}
                place => {
                    let place = place as usize - 1;
                    if is_it(&self.entries[place]) {
                        return Some(place);
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// Writes the entry at `from` down as lying elsewhere.
    fn replace(&mut self, hash: u32, from: usize, to: u32) {
        let (mask, wanted) = (self.table.len() - 1, place(from));
        let mut at = hash as usize & mask;
        while self.table[at] != 0 {
            if self.table[at] == wanted {
                self.table[at] = to;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    /// Makes the table anew, with room for as many again.
    fn index(&mut self) {
        let room = (self.entries.len() * 4).next_power_of_two();
        self.table.clear();
        self.table.resize(room, 0);
        self.taken = 0;
        for at in 0..self.entries.len() {
            self.enlist(at);
        }
    }

    /// Writes an entry down in the table, where there is room.
    fn enlist(&mut self, entry: usize) {
        let mask = self.table.len() - 1;
        let mut at = self.entries[entry].hash as usize & mask;
        while self.table[at] != 0 {
            at = (at + 1) & mask;
        }
        self.table[at] = place(entry);
        self.taken += 1;
    }
}

/// How the table says where an entry lies.
fn place(entry: usize) -> u32 {
    u32::try_from(entry + 1).unwrap_or(GONE)
}

impl<'a> Extend<(Text<'a>, Value<'a>)> for Names<'a> {
    fn extend<T: IntoIterator<Item = (Text<'a>, Value<'a>)>>(&mut self, names: T) {
        for (name, value) in names {
            self.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_was_bound_and_forgotten_before() {
        let mut names = Names::default();
        let name = |number: i64| Text::from(format!("name_{number}"));
        for number in 0..200 {
            assert!(names.insert(name(number), Value::Int(number)).is_none());
        }
        for number in (0..200).filter(|number| number % 3 == 0) {
            assert!(
                matches!(names.remove(hash(&name(number)), &name(number)), Some(Value::Int(n)) if n == number)
            );
            assert!(names.remove(hash(&name(number)), &name(number)).is_none());
        }
        for number in 200..260 {
            names.insert(name(number), Value::Int(number));
            names.insert_new(name(number), Value::None);
        }
        for number in 0..260 {
            let is_there = number >= 200 || number % 3 != 0;
            assert_eq!(names.contains_key(&name(number)), is_there, "{number}");
            if is_there {
                assert!(matches!(names.get(&name(number)), Some(Value::Int(n)) if *n == number));
            }
        }
        assert!(matches!(
            names.insert(name(1), Value::None),
            Some(Value::Int(1))
        ));
    }

    #[test]
    fn names_are_bound_and_forgotten_over_and_over() {
        let mut names = Names::default();
        for round in 0..1_000 {
            let name = Text::from(format!("name_{round}"));
            names.insert(name.clone(), Value::Int(round));
            if round >= 20 {
                assert!(names.remove(hash(&name), &name).is_some());
            }
        }
        assert_eq!(names.iter().count(), 20);
    }
}
