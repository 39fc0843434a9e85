//! The methods of [`Object`] that find what is below an object.

use std::iter;

use super::handle::ObjectHandle;
use super::object_key::Object;
use super::object_tree;

/// The depth to which [`Object::find_child_with`](crate::Object::find_child_with) and
/// [`Object::find_children_with`](crate::Object::find_children_with) look.
///
/// ```
/// use slotwire::{FindChildOption, Object};
/// let (top, middle, bottom) = (Object::new(), Object::new(), Object::new());
/// middle.set_parent(top);
/// bottom.set_parent(middle);
/// let option = FindChildOption::FindDirectChildrenOnly;
/// assert_eq!(top.find_children_with::<Object>(None, option), [middle]);
/// let option = FindChildOption::default();
/// assert_eq!(top.find_children_with::<Object>(None, option), [middle, bottom]);
/// # top.delete();
/// ```
#[doc(alias = "FindChildOptions")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FindChildOption {
    /// Among the children.
    FindDirectChildrenOnly,
    /// Among the children, and all that is below them.
    #[default]
    FindChildrenRecursively,
}

impl Object {
    /// The first object of class `H` with that name below this one: its children in order first, then what is below each.
    /// The empty name finds what has no name; [`find_child_with`](Self::find_child_with) finds without looking at names.
    ///
    /// ```
    /// use slotwire::{Object, Timer};
    /// let window = Object::new();
    /// let heartbeat = Timer::new();
    /// heartbeat.set_object_name("heartbeat");
    /// heartbeat.set_parent(window);
    /// assert_eq!(window.find_child::<Timer>("heartbeat"), Some(heartbeat));
    /// assert_eq!(window.find_child::<Timer>("other"), None);
    /// ```
    #[doc(alias = "findChild")]
    pub fn find_child<H: ObjectHandle>(self, name: &str) -> Option<H> {
        self.find_child_with(Some(name), FindChildOption::FindChildrenRecursively)
    }

    /// As [`find_child`](Self::find_child), of whatever name if that is `None`, and among the children only if the option says so.
    ///
    /// ```
    /// use slotwire::{FindChildOption, Object, Timer};
    /// let (window, page, timer) = (Object::new(), Object::new(), Timer::new());
    /// page.set_parent(window);
    /// timer.set_parent(page);
    /// let find = |option| window.find_child_with::<Timer>(None, option);
    /// assert_eq!(find(FindChildOption::FindChildrenRecursively), Some(timer));
    /// assert_eq!(find(FindChildOption::FindDirectChildrenOnly), None);
    /// # window.delete();
    /// ```
    #[doc(alias = "findChild")]
    pub fn find_child_with<H: ObjectHandle>(self, name: Option<&str>, option: FindChildOption) -> Option<H> {
        let matches = |child: Self| child.cast_if_named(name);
        match option {
            FindChildOption::FindDirectChildrenOnly => self.children().into_iter().find_map(matches),
            FindChildOption::FindChildrenRecursively => {
                let parents = iter::once(self).chain(object_tree::descendants(self));
                parents.flat_map(Self::children).find_map(matches)
            }
        }
    }

    /// All objects of class `H` below this one, each before what is below it. `find_children::<Object>()` is everything.
    ///
    /// ```
    /// use slotwire::{Object, Timer};
    /// let window = Object::new();
    /// Timer::new().set_parent(window);
    /// Timer::new().set_parent(window);
    /// assert_eq!(window.find_children::<Timer>().len(), 2);
    /// # window.delete();
    /// ```
    #[doc(alias = "findChildren")]
    pub fn find_children<H: ObjectHandle>(self) -> Vec<H> {
        self.find_children_with(None, FindChildOption::FindChildrenRecursively)
    }

    /// As [`find_children`](Self::find_children), only those of that name unless it is `None`, and only the children if the option
    /// says so. The empty name finds what has no name.
    ///
    /// ```
    /// use slotwire::{FindChildOption, Object};
    /// let (form, group) = (Object::new(), Object::new());
    /// group.set_parent(form);
    /// for parent in [form, group, form] {
    ///     let field = Object::new();
    ///     field.set_object_name("field");
    ///     field.set_parent(parent);
    /// }
    /// let count = |option| form.find_children_with::<Object>(Some("field"), option).len();
    /// assert_eq!(count(FindChildOption::FindChildrenRecursively), 3);
    /// assert_eq!(count(FindChildOption::FindDirectChildrenOnly), 2);
    /// # form.delete();
    /// ```
    #[doc(alias = "findChildren")]
    pub fn find_children_with<H: ObjectHandle>(self, name: Option<&str>, option: FindChildOption) -> Vec<H> {
        let matches = |child: Self| child.cast_if_named(name);
        match option {
            FindChildOption::FindDirectChildrenOnly => {
                self.children().into_iter().filter_map(matches).collect()
            }
            FindChildOption::FindChildrenRecursively => {
                object_tree::descendants(self).filter_map(matches).collect()
            }
        }
    }

    fn cast_if_named<H: ObjectHandle>(self, name: Option<&str>) -> Option<H> {
        name.is_none_or(|name| self.has_name(name)).then(|| self.cast()).flatten()
    }
}
