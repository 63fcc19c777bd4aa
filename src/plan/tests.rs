//! Tests of labels and access policies as a whole: worlds in code, whole plans compared as text.

mod classic;
mod egress;
mod ingress;
mod labels;
mod native;
mod reconcile;
