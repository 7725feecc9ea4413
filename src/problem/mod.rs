//! What is minimised: the data, the nets and the other potentials.
pub mod data;
