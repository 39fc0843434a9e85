//! The common parts of this crate's classes (private).

/// Defines a class of this crate: a `Copy` handle that dereferences to [`Object`](crate::Object).
macro_rules! object_class {
    // `$new` is how the documentation makes one.
    ($class:ident, $private:ty, $new:literal) => {
        $crate::core::object_class::object_class!(@common $class, $crate::Object, $new);

        impl From<$class> for $crate::Object {
            fn from(handle: $class) -> Self {
                *handle
            }
        }

        impl $crate::ObjectHandle for $class {
            type Target = Self;
            #[inline]
            fn object(self) -> $crate::Object {
                *self
            }
            fn from_object(object: $crate::Object) -> Option<Self> {
                <$crate::Handle<$private> as $crate::ObjectHandle>::from_object(object).map(Self)
            }
            fn with<R>(self, f: impl FnOnce(&Self) -> R) -> Option<R> {
                self.is_alive().then(|| f(&self))
            }
        }
    };
    // A class that derives from another one. `$is_one` tells its objects from those of that.
    ($class:ident: $base:ty, $is_one:expr, $new:literal) => {
        $crate::core::object_class::object_class!(@common $class, $base, $new);

        impl From<$class> for $crate::Object {
            fn from(handle: $class) -> Self {
                **handle
            }
        }

        impl From<$class> for $base {
            fn from(handle: $class) -> Self {
                *handle
            }
        }

        impl $crate::ObjectHandle for $class {
            type Target = Self;
            #[inline]
            fn object(self) -> $crate::Object {
                **self
            }
            fn from_object(object: $crate::Object) -> Option<Self> {
                <$base as $crate::ObjectHandle>::from_object(object).filter(|base| $is_one(*base)).map(Self)
            }
            fn with<R>(self, f: impl FnOnce(&Self) -> R) -> Option<R> {
                self.is_alive().then(|| f(&self))
            }
        }
    };
    (@common $class:ident, $base:ty, $new:literal) => {
        impl $class {
            /// A guard that deletes the object when it is dropped: a C++ object on the stack.
            ///
            /// ```
            /// use slotwire::prelude::*;
            /// let handle;
            /// {
            #[doc = concat!("    let object = ", $new, ".scoped();")]
            ///     handle = *object;
            /// }
            /// assert!(!handle.is_alive());
            /// # Ok::<(), slotwire::Error>(())
            /// ```
            pub fn scoped(self) -> $crate::Scoped<Self> {
                $crate::Scoped::new(self)
            }
        }

        impl std::ops::Deref for $class {
            type Target = $base;
            fn deref(&self) -> &$base {
                &self.0
            }
        }

        impl std::fmt::Debug for $class {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl $crate::core::handle::sealed::Sealed for $class {}
    };
}
pub(crate) use object_class;

/// Defines the methods that return the signals of a class, each with the emitter that stands behind it.
macro_rules! signals {
    (|$private:ident| impl $class:ident {$(
        $(#[$attribute:meta])*
        pub fn $name:ident(self) -> Signal<$args:ty> = $emitter:expr;
    )*}) => {
        impl $class {$(
            $(#[$attribute])*
            pub fn $name(self) -> $crate::Signal<$args> {
                self.0.signal(|$private| &$emitter)
            }
        )*}
    };
}
pub(crate) use signals;
