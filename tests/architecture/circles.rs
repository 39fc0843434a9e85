//! Circles among the files of the crate, and the shortest of each.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::modules::{Crate, Purpose};

/// What each file imports for its code: file, and the path by which it is imported.
pub(crate) struct Graph<'c> {
    all: &'c Crate,
    arrows: Vec<Vec<(usize, String)>>,
}

/// Files of which each reaches each.
pub(crate) struct Knot {
    pub(crate) files: Vec<String>,
    /// The shortest circle among them, for people.
    pub(crate) shortest: String,
}

impl<'c> Graph<'c> {
    pub(crate) fn of(all: &'c Crate) -> Self {
        let arrows = (0..all.files.len())
            .map(|index| {
                let imports = all.imports(index).into_iter();
                let code = imports.filter(|import| import.purpose == Purpose::Code);
                code.map(|import| (import.file, import.path)).collect()
            })
            .collect();
        Self { all, arrows }
    }

    /// The knots, if the files of each of the groups count as one.
    pub(crate) fn knots(&self, group_of: impl Fn(&str) -> Option<usize>) -> Vec<Knot> {
        let files = &self.all.files;
        // Of a group, its first file stands for all.
        let mut first_of_group = HashMap::new();
        let nodes: Vec<usize> = (0..files.len())
            .map(|index| match group_of(&files[index].name) {
                Some(group) => *first_of_group.entry(group).or_insert(index),
                None => index,
            })
            .collect();
        let mut arrows = vec![Vec::new(); files.len()];
        for (from, all) in self.arrows.iter().enumerate() {
            for (to, path) in all.iter().filter(|(to, _)| nodes[*to] != nodes[from]) {
                arrows[nodes[from]].push(Arrow { from, to: *to, node: nodes[*to], path });
            }
        }
        let reached: Vec<HashSet<usize>> = (0..files.len()).map(|node| reachable(&arrows, node)).collect();
        let mut knots = BTreeMap::<usize, Vec<usize>>::new();
        for node in (0..files.len()).filter(|node| reached[*node].contains(node)) {
            let first = reached[node].iter().copied().filter(|other| reached[*other].contains(&node)).min();
            knots.entry(first.unwrap_or(node)).or_default().push(node);
        }
        let mut found: Vec<_> = knots
            .into_values()
            .map(|knot| Knot {
                files: knot.iter().map(|node| files[*node].name.clone()).collect(),
                shortest: self.shortest(&arrows, &knot),
            })
            .collect();
        found.sort_by_key(|knot| knot.files.len());
        found
    }

    fn shortest(&self, arrows: &[Vec<Arrow<'_>>], knot: &[usize]) -> String {
        let circles = knot.iter().filter_map(|node| circle_through(arrows, *node));
        let shortest = circles.min_by_key(Vec::len).unwrap_or_default();
        let name = |file: usize| &self.all.files[file].name;
        let lines = shortest
            .iter()
            .map(|arrow| format!("    {} -> {}: {}", name(arrow.from), name(arrow.to), arrow.path));
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[derive(Clone, Copy)]
struct Arrow<'c> {
    from: usize,
    to: usize,
    /// The node that `to` belongs to.
    node: usize,
    path: &'c str,
}

fn reachable(arrows: &[Vec<Arrow<'_>>], from: usize) -> HashSet<usize> {
    let (mut reached, mut waiting) = (HashSet::new(), vec![from]);
    while let Some(node) = waiting.pop() {
        waiting.extend(arrows[node].iter().map(|arrow| arrow.node).filter(|next| reached.insert(*next)));
    }
    reached
}

fn circle_through<'c>(arrows: &[Vec<Arrow<'c>>], start: usize) -> Option<Vec<Arrow<'c>>> {
    let mut came_by = HashMap::<usize, (usize, Arrow<'c>)>::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(node) = waiting.pop_front() {
        for arrow in &arrows[node] {
            if arrow.node == start {
                let mut circle = vec![*arrow];
                let mut at = node;
                while at != start {
                    let (before, arrow) = came_by[&at];
                    circle.push(arrow);
                    at = before;
                }
                circle.reverse();
                return Some(circle);
            }
            if let Entry::Vacant(place) = came_by.entry(arrow.node) {
                place.insert((node, *arrow));
                waiting.push_back(arrow.node);
            }
        }
    }
    None
}
