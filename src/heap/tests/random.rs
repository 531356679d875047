//! Random calls on the model.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::model::{Call, Model, Operation, THREADS};
use crate::units::REQUEST_MAX;

/// `cases` sequences, or as many as `PROPTEST_CASES` says.
fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(cases),
        max_shrink_iters: 100_000,
        max_shrink_time: 10_000,
        ..ProptestConfig::default()
    }
}

/// Sizes of requests: most are small, the largest are beyond the mmap threshold.
fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![
        8 => 0_usize..=64,
        8 => 0_usize..=1032,
        8 => 1000_usize..=64 * 1024 + 40,
        // Around the sizes of classes, units and pages.
        2 => (4_u32..=17, 0_usize..=48).prop_map(|(shift, more)| ((1 << shift) + more).saturating_sub(24)),
        3 => 32_usize * 1024..=1024 * 1024,
        1 => 128_usize * 1024 - 64..=4 * 1024 * 1024,
    ]
}

fn alignments() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0_u32..=9, 2 => 10_u32..=16, 1 => 17_u32..=20].prop_map(|shift| 1 << shift)
}

/// Calls of a program on a system that gives what it is asked for.
fn plain_operations() -> Union<BoxedStrategy<Operation>> {
    let which = 0_usize..1000;
    Union::new_weighted(vec![
        (24, sizes().prop_map(|size| Operation::Allocate { size }).boxed()),
        (6, sizes().prop_map(|size| Operation::AllocateZeroed { size }).boxed()),
        (
            6,
            (sizes(), alignments())
                .prop_map(|(size, alignment)| Operation::AllocateAligned { size, alignment })
                .boxed(),
        ),
        (
            10,
            (which.clone(), sizes())
                .prop_map(|(which, size)| Operation::Resize { which, size })
                .boxed(),
        ),
        (30, which.prop_map(|which| Operation::Free { which }).boxed()),
        (2, Just(Operation::Flush).boxed()),
        (1, Just(Operation::EndThread).boxed()),
        (1, (0_usize..300_000).prop_map(|pad| Operation::Release { pad }).boxed()),
        (1, absurd_operations().boxed()),
    ])
}

/// Requests that nobody can serve.
fn absurd_operations() -> impl Strategy<Value = Operation> {
    let size = prop_oneof![
        (0_usize..70_000).prop_map(|less| REQUEST_MAX - less),
        (0_usize..70_000).prop_map(|less| usize::MAX - less),
        Just(REQUEST_MAX + 1),
    ];
    let alignment = (4_u32..64).prop_map(|shift| 1_usize << shift);
    (0_usize..1000, size, alignment, 0..4).prop_map(|(which, size, alignment, kind)| match kind {
        0 => Operation::Allocate { size },
        1 => Operation::AllocateZeroed { size },
        2 => Operation::AllocateAligned { size, alignment },
        _ => Operation::Resize { which, size },
    })
}

/// Calls among which the system begins and ceases to refuse.
fn operations_with_faults() -> impl Strategy<Value = Operation> {
    prop_oneof![
        20 => plain_operations(),
        1 => (0_usize..12).prop_map(|count| Operation::FailMapsAfter { count }),
        1 => (0_usize..600_000).prop_map(|bytes| Operation::LimitBreak { bytes }),
        1 => Just(Operation::LiftFaults),
    ]
}

/// The same with mappings that the kernel cannot split.
fn operations_with_unmap_faults() -> impl Strategy<Value = Operation> {
    prop_oneof![20 => operations_with_faults(), 1 => Just(Operation::FailUnmaps)]
}

/// Calls among which somebody else raises the break.
fn operations_with_foreign_moves() -> impl Strategy<Value = Operation> {
    prop_oneof![
        20 => plain_operations(),
        1 => (0_usize..200_000).prop_map(|bytes| Operation::RaiseBreak { bytes }),
    ]
}

fn calls(operations: impl Strategy<Value = Operation>) -> impl Strategy<Value = Vec<Call>> {
    let call = (0..=THREADS, operations).prop_map(|(thread, operation)| Call { thread, operation });
    prop::collection::vec(call, 1..500)
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn one_arena_agrees_with_a_naive_map(calls in calls(plain_operations())) {
        let mut model = Model::new(1);
        calls.iter().for_each(|&call| model.execute(call));
        model.finish();
        model.check_unmapped();
    }

    #[test]
    fn several_arenas_agree_with_a_naive_map(calls in calls(plain_operations())) {
        let mut model = Model::new(THREADS);
        calls.iter().for_each(|&call| model.execute(call));
        model.finish();
        model.check_unmapped();
    }

    #[test]
    fn a_system_that_refuses_costs_nothing_but_the_refused(
        arenas in 1..=THREADS, calls in calls(operations_with_faults())
    ) {
        let mut model = Model::new(arenas);
        calls.iter().for_each(|&call| model.execute(call));
        model.finish();
        // And it goes on working.
        calls.iter().for_each(|&call| model.execute(call));
        model.finish();
    }

    #[test]
    fn unmaps_may_fail(calls in calls(operations_with_unmap_faults())) {
        Model::new(2).run(&calls);
    }

    #[test]
    fn others_may_raise_the_break(
        arenas in 1..=THREADS, calls in calls(operations_with_foreign_moves())
    ) {
        Model::new(arenas).run(&calls);
    }
}
