//! The heap: an allocator whose cost depends on the sizes asked for and on nothing that was allocated before.
//!
//! Every size class has an arena of its own and a list of free blocks. A free block holds the distance from the block that
//! follows it in memory to the next one in the list, so that memory that was never used, which the kernel fills with
//! zeros, is already a list of consecutive blocks: a new block and a reused one take the same instructions. From 64 bytes
//! on, blocks begin at multiples of 64, so that what the code does about alignment does not depend on history either.
//! Requests above [`LARGEST`] are mapped one by one.
//!
//! A list head is an offset into its arena and a counter that every change increases, so that a change by another thread
//! in between is noticed (Treiber, "Systems programming: coping with parallelism", IBM RJ 5118, 1986, with a tag against
//! ABA).

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::settings;
use crate::syscall::{self, call};

const CLASSES: usize = 47;
/// log2 of the size of an arena, bytes. valgrind has about 60 GiB of addresses to give, and the program may want some.
const ARENA: u32 = 29;
/// Largest block of an arena, bytes.
const LARGEST: usize = 1 << 17;
/// Alignment of every block, bytes.
const ALIGNMENT: usize = 16;
const PAGE: usize = 4096;
/// In front of a mapped block: where its mapping begins and how long that is.
const HEADER: usize = 64;
const ENOMEM: c_int = 12;
const EINVAL: c_int = 22;

/// In place of the first arena's address where there can be none: no block is anywhere near.
const NOWHERE: usize = 1 << 63;

/// Address of the first arena; 0 before there is one.
static BASE: AtomicUsize = AtomicUsize::new(0);
static HEADS: [AtomicU64; CLASSES] = [const { AtomicU64::new(0) }; CLASSES];
/// Where the blocks of all arenas begin, bytes.
static START: AtomicU32 = AtomicU32::new(0);

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// What was allocated.
pub struct Report {
    /// Calls that allocated.
    pub allocations: u64,
    /// Bytes that were asked for.
    pub bytes: u64,
    /// Bytes of blocks that are in use.
    pub live: u64,
    /// The most that `live` was since the last report.
    pub peak: u64,
}

/// What was allocated so far; begins a new search for the peak.
pub fn report() -> Report {
    let live = LIVE.load(Relaxed);
    Report { allocations: ALLOCATIONS.load(Relaxed), bytes: BYTES.load(Relaxed), live, peak: PEAK.swap(live, Relaxed) }
}

/// The class of a size up to [`LARGEST`], and the size of its blocks.
#[inline(always)]
fn class(size: usize) -> (usize, usize) {
    if size <= 64 {
        let class = (size > 16) as usize + (size > 32) as usize;
        return (class, 16 << class);
    }
    let log = usize::BITS - 1 - (size - 1).leading_zeros();
    let step = if log < 8 { 64 } else { 1 << (log - 2) };
    let block = (size + step - 1) & !(step - 1);
    let sub = (block - (1 << log)) / step - 1;
    (3 + (log as usize - 6) * 4 + sub, block)
}

/// The size of the blocks of a class: the inverse of [`class`].
#[inline(always)]
fn block_size(class: usize) -> usize {
    if class < 3 {
        return 16 << class;
    }
    let (log, sub) = ((class - 3) / 4 + 6, (class - 3) % 4);
    let step = if log < 8 { 64 } else { 1 << (log - 2) };
    (1 << log) + (sub + 1) * step
}

#[inline(always)]
fn base() -> usize {
    let base = BASE.load(Relaxed);
    if base == 0 { begin() } else { base }
}

#[cold]
#[inline(never)]
fn begin() -> usize {
    let seed = settings::get().heap;
    // Keeps the alignment to 64 bytes, and moves everything else: the position in the page, and the page.
    let start = ((seed % 61) * 64 * 37 + (seed % 13) * 17 * PAGE as u64) as u32;
    let mapped = map(CLASSES << ARENA);
    let base = if mapped == 0 { NOWHERE } else { mapped };
    if mapped != 0 && BASE.load(Relaxed) == 0 {
        START.store(start, Relaxed);
        let mut class = 0;
        while class < CLASSES {
            HEADS[class].store(u64::from(start), Relaxed);
            class += 1;
        }
    }
    BASE.store(base, Relaxed);
    base
}

/// Fresh memory, 0 if there is none.
fn map(length: usize) -> usize {
    const READ_WRITE: usize = 3;
    const PRIVATE_ANONYMOUS_NORESERVE: usize = 0x4022;
    let address = call(syscall::MMAP, [0, length, READ_WRITE, PRIVATE_ANONYMOUS_NORESERVE, usize::MAX, 0]);
    if address < 0 && address > -4096 { 0 } else { address as usize }
}

/// The arena that an address is in.
#[inline(always)]
fn arena(address: usize) -> Option<(usize, usize)> {
    let base = BASE.load(Relaxed);
    let class = address.wrapping_sub(base) >> ARENA;
    (class < CLASSES).then_some((class, base + (class << ARENA)))
}

#[inline(always)]
fn count(asked: usize, block: usize) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    BYTES.fetch_add(asked as u64, Relaxed);
    let live = LIVE.fetch_add(block as u64, Relaxed) + block as u64;
    PEAK.fetch_max(live, Relaxed);
}

#[inline(always)]
fn allocate(size: usize) -> *mut c_void {
    if size > LARGEST {
        return map_block(size, ALIGNMENT, size);
    }
    let (class, block) = class(size);
    let base = base();
    if base == NOWHERE {
        return map_block(size, ALIGNMENT, size);
    }
    let arena = base + (class << ARENA);
    let head = &HEADS[class];
    loop {
        let old = head.load(Relaxed);
        let offset = old as u32;
        if offset > (1 << ARENA) - 2 * LARGEST as u32 {
            return map_block(size, ALIGNMENT, size);
        }
        let address = arena + offset as usize;
        // SAFETY: the block is in the arena. Another thread may have taken it and written to it: then the head has another
        // tag, and what was read is not used.
        let distance = unsafe { AtomicU32::from_ptr(address as *mut u32) }.load(Relaxed);
        let next = offset.wrapping_add(block as u32).wrapping_add(distance);
        let new = (old & !0xffff_ffff).wrapping_add(1 << 32) | u64::from(next);
        if head.compare_exchange_weak(old, new, Relaxed, Relaxed).is_ok() {
            count(size, block);
            return address as *mut c_void;
        }
    }
}

/// Where the block that an address lies in begins, and its size.
#[inline(always)]
fn block(address: usize, class: usize, arena: usize) -> (usize, usize) {
    let (size, start) = (block_size(class), START.load(Relaxed) as usize);
    let offset = address - arena - start;
    (address - offset % size, size)
}

#[inline(always)]
fn release(address: usize) {
    let Some((class, arena)) = arena(address) else { return unmap_block(address) };
    let (address, size) = block(address, class, arena);
    let offset = (address - arena) as u32;
    let head = &HEADS[class];
    LIVE.fetch_sub(size as u64, Relaxed);
    loop {
        let old = head.load(Relaxed);
        let distance = (old as u32).wrapping_sub(offset).wrapping_sub(size as u32);
        // SAFETY: the block is free, and nobody else has it.
        unsafe { AtomicU32::from_ptr(address as *mut u32) }.store(distance, Relaxed);
        let new = (old & !0xffff_ffff).wrapping_add(1 << 32) | u64::from(offset);
        if head.compare_exchange_weak(old, new, Relaxed, Relaxed).is_ok() {
            return;
        }
    }
}

/// The header of a mapped block: beginning and length of its mapping.
unsafe fn header(address: usize) -> *mut [usize; 2] {
    (address - HEADER) as *mut [usize; 2]
}

#[inline(never)]
fn map_block(size: usize, alignment: usize, asked: usize) -> *mut c_void {
    let padding = if alignment <= HEADER { HEADER } else { alignment + HEADER };
    let Some(length) = size.checked_add(padding + PAGE - 1).map(|length| length & !(PAGE - 1)) else {
        return null_mut();
    };
    let mapping = map(length);
    if mapping == 0 {
        return null_mut();
    }
    let address = (mapping + padding) & !(alignment.max(HEADER) - 1);
    // SAFETY: the header lies in the mapping, in front of the block.
    unsafe { header(address).write([mapping, length]) };
    count(asked, length);
    address as *mut c_void
}

#[inline(never)]
fn unmap_block(address: usize) {
    // SAFETY: what is in no arena was mapped by `map_block`.
    let [mapping, length] = unsafe { header(address).read() };
    LIVE.fetch_sub(length as u64, Relaxed);
    call(syscall::MUNMAP, [mapping, length, 0, 0, 0, 0]);
}

/// Bytes that may be used from an address on.
#[inline(always)]
fn usable(address: usize) -> usize {
    match arena(address) {
        Some((class, arena)) => {
            let (begin, size) = block(address, class, arena);
            begin + size - address
        }
        None => {
            // SAFETY: as in `unmap_block`.
            let [mapping, length] = unsafe { header(address).read() };
            mapping + length - address
        }
    }
}

fn or_error(pointer: *mut c_void) -> *mut c_void {
    if pointer.is_null() {
        syscall::set_errno(ENOMEM);
    }
    pointer
}

/// `malloc(3)`.
#[unsafe(no_mangle)]
pub extern "C" fn malloc(size: usize) -> *mut c_void {
    or_error(allocate(size))
}

/// `free(3)`.
///
/// # Safety
/// `pointer` must be null or come from here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(pointer: *mut c_void) {
    if !pointer.is_null() {
        release(pointer as usize);
    }
}

/// `calloc(3)`. Memory is cleared whether it was used before or not; what was mapped for this block alone is clear.
#[unsafe(no_mangle)]
pub extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    let Some(bytes) = count.checked_mul(size) else { return or_error(null_mut()) };
    let pointer = or_error(allocate(bytes));
    if !pointer.is_null() && bytes <= LARGEST {
        // SAFETY: the block is at least that large.
        unsafe { pointer.write_bytes(0, bytes) };
    }
    pointer
}

/// `realloc(3)`.
///
/// # Safety
/// `pointer` must be null or come from here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn realloc(pointer: *mut c_void, size: usize) -> *mut c_void {
    if pointer.is_null() {
        return malloc(size);
    }
    let address = pointer as usize;
    let old = usable(address);
    match arena(address) {
        Some((own, _)) if size <= LARGEST && class(size).0 == own && size <= old => {
            count(size, 0);
            return pointer;
        }
        None if size > LARGEST => {
            // SAFETY: as in `unmap_block`.
            let [mapping, length] = unsafe { header(address).read() };
            let front = address - mapping;
            let Some(wanted) = size.checked_add(front + PAGE - 1).map(|wanted| wanted & !(PAGE - 1)) else {
                return or_error(null_mut());
            };
            const MAY_MOVE: usize = 1;
            let moved = call(syscall::MREMAP, [mapping, length, wanted, MAY_MOVE, 0, 0]);
            if moved < 0 && moved > -4096 {
                return or_error(null_mut());
            }
            let moved = moved as usize;
            // SAFETY: the header moved with the mapping.
            unsafe { header(moved + front).write([moved, wanted]) };
            LIVE.fetch_sub(length as u64, Relaxed);
            count(size, wanted);
            return (moved + front) as *mut c_void;
        }
        _ => {}
    }
    let new = or_error(allocate(size));
    if !new.is_null() {
        // SAFETY: both blocks are at least that large.
        unsafe { new.cast::<u8>().copy_from_nonoverlapping(pointer.cast::<u8>(), old.min(size)) };
        release(address);
    }
    new
}

fn aligned(alignment: usize, size: usize) -> *mut c_void {
    if alignment <= ALIGNMENT {
        return allocate(size);
    }
    if alignment <= 64 {
        // Blocks of 64 bytes and more begin at multiples of 64.
        return allocate(size.max(64));
    }
    match size.checked_add(alignment) {
        Some(room) if room <= LARGEST => {
            let pointer = allocate(room);
            ((pointer as usize + alignment - 1) & !(alignment - 1)) as *mut c_void
        }
        Some(_) => map_block(size, alignment, size),
        None => null_mut(),
    }
}

/// `aligned_alloc(3)`.
#[unsafe(no_mangle)]
pub extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    memalign(alignment, size)
}

/// `memalign(3)`.
#[unsafe(no_mangle)]
pub extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    if !alignment.is_power_of_two() {
        syscall::set_errno(EINVAL);
        return null_mut();
    }
    or_error(aligned(alignment, size))
}

/// `posix_memalign(3)`.
///
/// # Safety
/// `out` must be valid for writes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(out: *mut *mut c_void, alignment: usize, size: usize) -> c_int {
    if !alignment.is_power_of_two() || alignment % size_of::<usize>() != 0 {
        return EINVAL;
    }
    let pointer = aligned(alignment, size);
    if pointer.is_null() {
        return ENOMEM;
    }
    // SAFETY: as the caller promises.
    unsafe { out.write(pointer) };
    0
}

/// `malloc_usable_size(3)`.
///
/// # Safety
/// `pointer` must be null or come from here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_usable_size(pointer: *mut c_void) -> usize {
    if pointer.is_null() { 0 } else { usable(pointer as usize) }
}

/// `valloc(3)`.
#[unsafe(no_mangle)]
pub extern "C" fn valloc(size: usize) -> *mut c_void {
    memalign(PAGE, size)
}

/// `pvalloc(3)`.
#[unsafe(no_mangle)]
pub extern "C" fn pvalloc(size: usize) -> *mut c_void {
    memalign(PAGE, size.checked_add(PAGE - 1).map_or(usize::MAX, |size| size & !(PAGE - 1)))
}
