//! Values made of settings (private).

/// Defines the methods of a value made of settings: each is read by its name, and given by `with_` and that. What is given is
/// kept as it is, or as the expression behind the arrow says.
macro_rules! settings {
    (impl $value:ident {$(
        $(#[$read:meta])*
        pub const fn $name:ident(&self) -> $type:ty;
        $(#[$given:meta])*
        pub const fn $with:ident(mut self, $new:ident: $new_type:ty $(=> $kept:expr)?) -> Self;
    )*}) => {
        impl $value {$(
            $(#[$read])*
            #[must_use]
            pub const fn $name(&self) -> $type {
                self.$name
            }

            $(#[$given])*
            #[must_use]
            pub const fn $with(mut self, $new: $new_type) -> Self {
                $(let $new = $kept;)?
                self.$name = $new;
                self
            }
        )*}
    };
}
pub(crate) use settings;
