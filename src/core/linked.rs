//! Lists through the entries of a table (private): what an object has of something, without a search and without memory of its
//! own.

use std::cell::Cell;
use std::num::NonZeroU32;

use slab::Slab;

use super::table::Key;

/// An index into one of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(NonZeroU32);

impl Place {
    pub(crate) fn of(key: Key) -> Self {
        Self::at(key.parts().0)
    }

    fn at(index: u32) -> Self {
        // `u32::MAX` is the index of nothing in a table.
        Self(NonZeroU32::MIN.saturating_add(index))
    }

    pub(crate) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The entries before and behind one in its list.
#[derive(Clone, Copy, Default)]
pub(crate) struct Neighbours {
    pub(crate) previous: Option<Place>,
    pub(crate) next: Option<Place>,
}

/// An entry of a list that begins in an object and goes on in a table.
pub(crate) trait Linked: Sized {
    fn neighbours(&mut self) -> &mut Neighbours;

    /// Enters what `make` makes of its neighbours in front of the list that begins with `first`; `None` if the table is full.
    fn link(
        table: &mut Slab<Self>,
        first: &Cell<Option<Place>>,
        make: impl FnOnce(Neighbours) -> Self,
    ) -> Option<Place> {
        let index = u32::try_from(table.vacant_key()).ok().filter(|index| *index < u32::MAX)?;
        let place = Place::at(index);
        let next = first.replace(Some(place));
        if let Some(next) = next.and_then(|next| table.get_mut(next.index())) {
            next.neighbours().previous = Some(place);
        }
        table.insert(make(Neighbours { previous: None, next }));
        Some(place)
    }

    fn unlink(table: &mut Slab<Self>, place: Place) -> Option<Self> {
        let mut entry = table.try_remove(place.index())?;
        let Neighbours { previous, next } = *entry.neighbours();
        if let Some(previous) = previous.and_then(|place| table.get_mut(place.index())) {
            previous.neighbours().next = next;
        }
        if let Some(next) = next.and_then(|place| table.get_mut(place.index())) {
            next.neighbours().previous = previous;
        }
        Some(entry)
    }
}
