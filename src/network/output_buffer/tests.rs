//! The buffer, step by step with a plain one.

use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{OutputBuffer, SHARED_FROM};

#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    Share { start: usize, len: usize },
    Consume(usize),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..700_usize).prop_map(Step::Append),
        4 => (0..100_usize, 0..3 * SHARED_FROM).prop_map(|(start, len)| Step::Share { start, len }),
        6 => (0..3000_usize).prop_map(Step::Consume),
        1 => Just(Step::Clear),
    ];
    vec(step, 1..60)
}

proptest! {
    #[test]
    fn what_comes_out_is_what_went_in(steps in steps(), limit in 0..5000_usize) {
        let shared = Rc::new((0..5000).map(|index| (index % 251) as u8).collect::<Vec<u8>>());
        let mut output = OutputBuffer::default();
        let mut expected = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Append(len) => {
                    output.tail().extend(std::iter::repeat_n(number as u8, len));
                    expected.extend(std::iter::repeat_n(number as u8, len));
                }
                Step::Share { start, len } => {
                    output.share(&shared, start..start + len);
                    expected.extend_from_slice(&shared[start..start + len]);
                }
                Step::Consume(count) => {
                    let count = count.min(expected.len());
                    output.consume(count);
                    expected.drain(..count);
                }
                Step::Clear => {
                    output.clear();
                    expected.clear();
                }
            }
            prop_assert_eq!(output.len(), expected.len());
            prop_assert_eq!(output.is_empty(), expected.is_empty());
            prop_assert!(expected.starts_with(output.front()));
            prop_assert_eq!(output.front().is_empty(), expected.is_empty());
            let slices: Vec<u8> = output.slices(limit).iter().flat_map(|slice| slice.iter().copied()).collect();
            prop_assert!(slices.len() <= limit && expected.starts_with(&slices));
            prop_assert_eq!(slices.is_empty(), limit == 0 || expected.is_empty());
            #[cfg(feature = "_tls")]
            {
                let mut copy = vec![0; limit];
                let size = output.copy_to(&mut copy);
                prop_assert_eq!(&copy[..size], &slices[..]);
            }
        }
        drop(output);
        prop_assert_eq!(Rc::strong_count(&shared), 1, "what is written or thrown away is let go");
    }
}

#[test]
fn as_much_is_written_at_a_time_as_there_are_slices() {
    let shared = Rc::new(vec![7; SHARED_FROM]);
    let mut output = OutputBuffer::default();
    for _ in 0..1000 {
        output.tail().push(1);
        output.share(&shared, 0..SHARED_FROM);
    }
    let mut rounds = 0;
    while !output.is_empty() {
        let written = output.slices(usize::MAX).iter().map(|slice| slice.len()).sum();
        output.consume(written);
        rounds += 1;
    }
    assert_eq!(rounds, 2 * 1000_usize.div_ceil(super::SLICES));
}
