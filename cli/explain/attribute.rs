//! Lays every instruction of one side at the door of a function: the innermost one of the repository, so that what the
//! standard library, a dependency or the C library does is charged to the code that asked for it.

use std::collections::BTreeMap;
use std::rc::Rc;

use perfgate_harness::profile::{Call, ContextId, NameId};

use super::ProfiledSide;
use super::frames::{Book, Frame, Resolver};
use super::symbols::{Function, FunctionId, Role, normalise, role};
use crate::explanation::Origin;

/// A line of a source file.
pub(super) type Place = (NameId, u32);

/// What one side spent, and where. Instructions and calls are per iteration.
#[derive(Default)]
pub(super) struct Attribution {
    /// Instructions by the function that was called (the unit that the compiler moves instructions about in) and by
    /// owner; `None` for the framework's own.
    pub(super) owned: BTreeMap<(FunctionId, Option<FunctionId>), f64>,
    /// Instructions by owner and line.
    pub(super) lines: BTreeMap<(FunctionId, Place), f64>,
    /// Instructions of those copies of a function that were inlined, whose calls nobody counts.
    pub(super) inlined: BTreeMap<FunctionId, f64>,
    /// Calls by function called.
    pub(super) calls: BTreeMap<FunctionId, f64>,
    /// Whose code the owners are.
    pub(super) origins: BTreeMap<FunctionId, Origin>,
    /// Lines of the bench file below the framework's loop: instructions with all that they call, and the distance from it.
    pub(super) bench: BTreeMap<u32, (f64, usize)>,
    /// Instructions by whose code executed them.
    pub(super) split: BTreeMap<Origin, f64>,
    /// Instructions in all.
    pub(super) total: f64,
}

/// Where cost may be laid: a function at a line, and the called function that holds the machine code.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Door {
    function: FunctionId,
    host: FunctionId,
    place: Place,
    inlined: bool,
}

/// What was met on the way from an instruction outwards.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
struct Trace {
    /// The first function of the repository: the way ends there.
    repository: Option<Door>,
    /// The first function of a dependency.
    dependency: Option<Door>,
    /// The first function that was called rather than inlined.
    called: Option<Door>,
    /// The last function before the framework.
    last: Option<Door>,
    /// the framework's code was met: its clock reads and bookkeeping, if nothing of the repository came before.
    framework: bool,
    /// The way ended at the framework's loop.
    bencher: bool,
}

impl Trace {
    fn ended(&self) -> bool {
        self.repository.is_some() || self.bencher
    }

    /// The way so far, and how it went on in the caller.
    fn then(self, outer: Self) -> Self {
        Self {
            repository: self.repository.or(outer.repository),
            dependency: self.dependency.or(outer.dependency),
            called: self.called.or(outer.called),
            last: outer.last.or(self.last),
            framework: self.framework || outer.framework,
            bencher: outer.bencher,
        }
    }

    /// Where the cost is laid; nowhere if it is the framework's own.
    ///
    /// Where no function of the repository asked for it, it is a dependency's; else it is library code that the framework
    /// called for the benchmark, such as the drop of its result, and the outermost name says most about that.
    fn door(&self) -> Option<Door> {
        match self.repository {
            Some(door) => Some(door),
            None if self.framework => None,
            None => self.dependency.or(if self.bencher { self.last } else { self.called }),
        }
    }
}

/// Shares of a whole by how the way outwards went on.
type Shares = Rc<[(Trace, f64)]>;

struct Walk<'a, 'b> {
    side: &'b ProfiledSide<'a>,
    resolver: &'b mut Resolver<'a>,
    book: &'b mut Book,
    callers: Vec<Vec<&'a Call>>,
    /// `None` while it is being worked out.
    shares: BTreeMap<ContextId, Option<Shares>>,
    result: Attribution,
}

/// Lays the costs of one side at the doors of functions.
pub(super) fn attribute<'a>(
    side: &ProfiledSide<'a>,
    resolver: &mut Resolver<'a>,
    bench_source: &str,
    book: &mut Book,
) -> Attribution {
    let profile = side.profile;
    let mut callers = vec![Vec::new(); profile.contexts.len()];
    for call in &profile.calls {
        callers[call.callee as usize].push(call);
    }
    let bench = book.files.intern(bench_source);
    let result = Attribution::default();
    let mut walk = Walk { side, resolver, book, callers, shares: BTreeMap::new(), result };
    let outside = walk.above_the_loop();
    let per_iteration = 1.0 / side.iterations.max(1) as f64;

    for cost in &profile.costs {
        let amount = cost.instructions as f64 * per_iteration;
        walk.result.total += amount;
        if outside[cost.context as usize] {
            continue;
        }
        let frames = walk.resolver.frames(cost.context, cost.address, cost.file, cost.line, walk.book);
        if let Some(innermost) = frames.first() {
            *walk.result.split.entry(innermost.origin).or_default() += amount;
        }
        walk.bench_line(&frames, bench, cost.context, amount);
        let trace = walk.trace(&frames);
        if trace.ended() {
            walk.lay(&trace, amount);
        } else {
            for (outer, share) in walk.outwards(cost.context, 0).iter() {
                walk.lay(&trace.then(*outer), amount * share);
            }
        }
    }
    for call in &profile.calls {
        if outside[call.caller as usize] {
            continue;
        }
        let frames = walk.resolver.frames(call.caller, call.address, call.file, call.line, walk.book);
        walk.bench_line(&frames, bench, call.caller, call.inclusive as f64 * per_iteration);
        if call.count > 0 {
            let symbol = profile.symbols.get(profile.contexts[call.callee as usize].symbol());
            let callee = walk.book.functions.intern(Function { name: normalise(symbol), file: None });
            *walk.result.calls.entry(callee).or_default() += call.count as f64 * per_iteration;
        }
    }
    walk.result
}

impl Walk<'_, '_> {
    /// Contexts that called the framework's loop: nothing of theirs is the benchmark's work.
    fn above_the_loop(&self) -> Vec<bool> {
        let profile = self.side.profile;
        let bencher: Vec<bool> =
            profile.symbols.iter().map(|symbol| role(&normalise(symbol)) == Role::Bencher).collect();
        let below = |context: ContextId| {
            profile.contexts[context as usize].chain.iter().any(|&symbol| bencher[symbol as usize])
        };
        let mut above = vec![false; profile.contexts.len()];
        let mut queue: Vec<ContextId> =
            (0..).zip(&profile.contexts).map(|(id, _)| id).filter(|&id| below(id)).collect();
        while let Some(context) = queue.pop() {
            for call in &self.callers[context as usize] {
                if !below(call.caller) && !std::mem::replace(&mut above[call.caller as usize], true) {
                    queue.push(call.caller);
                }
            }
        }
        above
    }

    /// The way outwards through the functions at one address.
    fn trace(&mut self, frames: &[Frame]) -> Trace {
        let mut trace = Trace::default();
        let called = frames[frames.len() - 1];
        for (index, frame) in frames.iter().enumerate() {
            // A closure inlined into its own function does not make a copy of that function.
            let inlined = frame.owner != called.owner;
            let place = (frame.file, frame.line);
            let door = Door { function: frame.owner, host: called.function, place, inlined };
            match frame.role {
                Role::Bencher => {
                    trace.bencher = true;
                    return trace;
                }
                Role::Framework => trace.framework = true,
                Role::Work => {
                    self.result.origins.insert(frame.owner, frame.origin);
                    if frame.origin == Origin::Repository {
                        trace.repository = Some(door);
                        return trace;
                    }
                    if frame.origin == Origin::Dependency {
                        trace.dependency = trace.dependency.or(Some(door));
                    }
                    if index + 1 == frames.len() {
                        trace.called = Some(door);
                    }
                    trace.last = Some(door);
                }
            }
        }
        trace
    }

    /// How the ways go on from a context, weighted by what its callers spent in it. The calls that a function makes to
    /// itself say nothing about who asked for it and are left out.
    fn outwards(&mut self, context: ContextId, depth: usize) -> Shares {
        /// Chains are a few dozen long; a limit keeps a strange profile from exhausting the stack.
        const DEEPEST: usize = 400;
        match self.shares.get(&context) {
            Some(Some(shares)) => return shares.clone(),
            Some(None) => return Rc::new([]),
            None if depth > DEEPEST => return Rc::new([]),
            None => {}
        }
        self.shares.insert(context, None);
        let calls = std::mem::take(&mut self.callers[context as usize]);
        let mut sums: BTreeMap<Trace, f64> = BTreeMap::new();
        for call in &calls {
            // Calls that cost nothing still have a caller, should there be no other.
            let weight = call.inclusive as f64 + 1e-6;
            let frames = self.resolver.frames(call.caller, call.address, call.file, call.line, self.book);
            let trace = self.trace(&frames);
            if trace.ended() {
                *sums.entry(trace).or_default() += weight;
                continue;
            }
            for (outer, share) in self.outwards(call.caller, depth + 1).iter() {
                *sums.entry(trace.then(*outer)).or_default() += weight * share;
            }
        }
        self.callers[context as usize] = calls;
        let whole: f64 = sums.values().sum();
        let shares: Shares = if whole > 0.0 {
            sums.into_iter().map(|(trace, weight)| (trace, weight / whole)).collect()
        } else {
            Rc::new([(Trace::default(), 1.0)])
        };
        self.shares.insert(context, Some(shares.clone()));
        shares
    }

    fn lay(&mut self, trace: &Trace, amount: f64) {
        let Some(door) = trace.door() else {
            // Kept apart by host, so that what the compiler moved between the framework's loop and the closure cancels.
            if let Some(host) = trace.called.or(trace.last).map(|door| door.host) {
                *self.result.owned.entry((host, None)).or_default() += amount;
            }
            return;
        };
        *self.result.owned.entry((door.host, Some(door.function))).or_default() += amount;
        *self.result.lines.entry((door.function, door.place)).or_default() += amount;
        if door.inlined {
            *self.result.inlined.entry(door.function).or_default() += amount;
        }
    }

    /// Notes the outermost line of the bench file among the functions at one address.
    fn bench_line(&mut self, frames: &[Frame], bench: NameId, context: ContextId, amount: f64) {
        let inside = frames.iter().take_while(|frame| frame.role != Role::Bencher);
        if let Some(frame) = inside.filter(|frame| frame.file == bench && frame.line > 0).last() {
            let depth = self.side.profile.contexts[context as usize].chain.len();
            let entry = self.result.bench.entry(frame.line).or_insert((0.0, depth));
            *entry = (entry.0 + amount, entry.1.min(depth));
        }
    }
}
