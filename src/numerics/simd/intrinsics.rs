//! What the vectors of x86-64 have in common: methods that are one intrinsic each.

/// Methods of `Vector` from one intrinsic of as many vectors.
macro_rules! by_one_intrinsic {
    ($($method:ident($($argument:ident),*) = $intrinsic:ident;)*) => {$(
        #[inline(always)]
        fn $method(self, $($argument: Self),*) -> Self {
            // SAFETY: the processor has the instruction, or there would be no `self`.
            Self(unsafe { $intrinsic(self.0, $($argument.0),*) })
        }
    )*};
}

/// The methods of `Vector` that make a vector, move it from and to memory, and enter the functions compiled for it.
macro_rules! entrance_and_memory {
    ($scalar:ty, $enter:ident, $enter_apart:ident, $splat:ident, $load:ident, $store:ident) => {
        type Scalar = $scalar;

        unsafe fn enter<W: VectorTask<$scalar>>(task: W) -> W::Output {
            // SAFETY: the caller's.
            unsafe { $enter(task) }
        }
        unsafe fn enter_apart<W: VectorTask<$scalar>>(task: W) -> W::Output {
            // SAFETY: the caller's.
            unsafe { $enter_apart(task) }
        }
        #[inline(always)]
        fn splat(value: $scalar) -> Self {
            // SAFETY: vectors are made only inside tasks, which run where the processor has the instruction.
            Self(unsafe { $splat(value) })
        }
        #[inline(always)]
        fn prefetch(address: *const $scalar) {
            // SAFETY: a hint; the processor ignores it for addresses that cannot be read.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
        }
        #[inline(always)]
        unsafe fn load(from: *const $scalar) -> Self {
            // SAFETY: the numbers are the caller's; the instruction as of `splat`.
            Self(unsafe { $load(from) })
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut $scalar) {
            // SAFETY: the places are the caller's; the instruction as of `splat`.
            unsafe { $store(to, self.0) }
        }
    };
}
