use slotwire::websocket::protocol::BufferPool;

#[test]
fn a_new_pool_holds_nothing() {
    assert_eq!(BufferPool::new().retained(), 0);
}

#[test]
fn a_recycled_buffer_is_used_again() {
    let mut pool = BufferPool::new();
    let buffer = pool.take(3000);
    let capacity = buffer.capacity();
    pool.recycle(buffer);
    assert_eq!(pool.retained(), capacity);
    assert_eq!(pool.take(3000).capacity(), capacity);
    assert_eq!(pool.retained(), 0);
}

#[test]
fn a_buffer_that_is_too_small_stays_in_the_pool() {
    let mut pool = BufferPool::new();
    let small = pool.take(1000);
    pool.recycle(small);
    assert!(pool.take(100_000).capacity() >= 100_000);
    assert!(pool.retained() > 0);
}

#[test]
fn the_smallest_sufficient_buffer_is_taken() {
    let mut pool = BufferPool::new();
    let buffers = [pool.take(1 << 20), pool.take(1 << 12), pool.take(1 << 16)];
    buffers.into_iter().for_each(|buffer| pool.recycle(buffer));
    assert_eq!(pool.take(3000).capacity(), 1 << 12);
    assert_eq!(pool.take(3000).capacity(), 1 << 16);
    assert_eq!(pool.take(3000).capacity(), 1 << 20);
}

#[test]
fn retained_bytes_stay_within_the_limit() {
    let mut pool = BufferPool::with_limits(10_000, 100);
    let buffers: Vec<_> = (0..20).map(|_| pool.take(1024)).collect();
    for buffer in buffers {
        pool.recycle(buffer);
        assert!(pool.retained() <= 10_000);
    }
    assert!(pool.retained() > 8_000);
}

#[test]
fn the_number_of_buffers_stays_within_the_limit() {
    let mut pool = BufferPool::with_limits(usize::MAX, 3);
    let buffers: Vec<_> = (0..20).map(|_| pool.take(1024)).collect();
    buffers.into_iter().for_each(|buffer| pool.recycle(buffer));
    assert_eq!(pool.retained(), 3 * 1024);
}

#[test]
fn a_buffer_beyond_the_limit_is_dropped() {
    let mut pool = BufferPool::with_limits(10_000, 3);
    let small = pool.take(1024);
    let large = pool.take(20_000);
    pool.recycle(small);
    pool.recycle(large);
    assert_eq!(pool.retained(), 1024);
}

#[test]
fn what_was_not_used_for_longest_makes_room() {
    let mut pool = BufferPool::with_limits(10_000, 3);
    let buffers = [pool.take(4096), pool.take(2048), pool.take(8192)];
    buffers.into_iter().for_each(|buffer| pool.recycle(buffer));
    assert_eq!(pool.retained(), 8192);
}

#[test]
fn no_capacity_needs_no_memory() {
    let mut pool = BufferPool::new();
    let empty = pool.take(0);
    assert_eq!(empty.capacity(), 0);
    pool.recycle(empty);
    assert_eq!(pool.retained(), 0);
}
