//! A table whose entries are known by index and generation (private): a key of an entry that is gone finds nothing, also when
//! another has its place.

use std::num::NonZeroU32;

use slab::Slab;

use super::spare_memory::is_oversized;

/// The key of one entry, for as long as the table exists. Eight bytes, also as an `Option`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    index: u32,
    generation: NonZeroU32,
}

impl Key {
    /// The key of nothing.
    pub(crate) const NULL: Self = Self { index: u32::MAX, generation: NonZeroU32::MIN };

    pub(crate) const fn new(index: u32, generation: NonZeroU32) -> Self {
        Self { index, generation }
    }

    #[inline]
    pub(crate) fn index(self) -> usize {
        self.index as usize
    }

    #[inline]
    pub(crate) fn generation(self) -> NonZeroU32 {
        self.generation
    }

    pub(crate) fn parts(self) -> (u32, NonZeroU32) {
        (self.index, self.generation)
    }
}

/// An entry, which keeps the generation of its key where its own layout has room for it.
pub(crate) trait Entry {
    fn generation(&self) -> NonZeroU32;
}

pub(crate) struct Table<T> {
    entries: Slab<T>,
    /// Unlike those of a place, which would all begin at one, generations of the table also say which entry is older.
    next_generation: NonZeroU32,
}

impl<T: Entry> Table<T> {
    pub(crate) const fn new() -> Self {
        Self { entries: Slab::new(), next_generation: NonZeroU32::MIN }
    }

    /// Makes an entry of its key; `None`, without calling `make`, if there are more entries than indices.
    pub(crate) fn insert(&mut self, make: impl FnOnce(Key) -> T) -> Option<Key> {
        let key = self.begin()?;
        self.entries.insert(make(key));
        Some(key)
    }

    /// The key of the entry that is [put](Self::places) into the next free place.
    pub(crate) fn begin(&mut self) -> Option<Key> {
        let index = u32::try_from(self.entries.vacant_key()).ok().filter(|index| *index < u32::MAX)?;
        let generation = self.next_generation;
        self.next_generation = generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        Some(Key { index, generation })
    }

    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        self.entries.get(key.index()).filter(|entry| entry.generation() == key.generation)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.entries.get_mut(key.index()).filter(|entry| entry.generation() == key.generation)
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        self.get(key)?;
        Some(self.entries.remove(key.index()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    pub(crate) fn into_entries(self) -> impl Iterator<Item = T> {
        self.entries.into_iter().map(|(_, entry)| entry)
    }

    /// The entries by their index alone, for those that name each other.
    pub(crate) fn places(&self) -> &Slab<T> {
        &self.entries
    }

    pub(crate) fn places_mut(&mut self) -> &mut Slab<T> {
        &mut self.entries
    }

    /// Returns whether it has much more memory than it needs.
    pub(crate) fn is_oversized(&self) -> bool {
        is_oversized(self.entries.len(), self.entries.capacity())
    }

    /// Gives back what it has more than it needs.
    pub(crate) fn shrink(&mut self) {
        if self.is_oversized() {
            self.entries.shrink_to_fit();
        }
    }
}

impl<T: Entry> Default for Table<T> {
    fn default() -> Self {
        Self::new()
    }
}
