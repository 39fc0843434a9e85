use super::*;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 % 251) as u8).collect()
}

#[test]
fn data_of_any_length_arrives_both_ways() {
    for version in VERSIONS {
        let mut pair = Pair::opened(&client(version), &server());
        for length in [1, 2, 125, 1 << 14, (1 << 14) + 1, 300_000] {
            let data = pattern(length);
            let bytes = pair.client.send(&data);
            let answer = pair.server.take(&bytes);
            assert!(answer.is_empty());
            assert!(std::mem::take(&mut pair.server.received) == data);
            let bytes = pair.server.send(&data);
            pair.client.take(&bytes);
            assert!(std::mem::take(&mut pair.client.received) == data);
        }
    }
}
