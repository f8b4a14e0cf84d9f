//! A profile: the cost of one measured call, by function, caller context, instruction address and source line.

pub mod callgrind;
mod names;

use std::collections::HashMap;

pub use names::{NameId, Names};

/// Index of a [`Context`] in [`Profile::contexts`].
pub type ContextId = u32;

/// What was executed between two points in time. Costs are instructions (`Ir`) and add up to [`Profile::total`].
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Symbols of functions as the linker knows them, not demangled.
    pub symbols: Names,
    /// Source files as the debug information has them; `???` where there is none.
    pub files: Names,
    /// Executables and shared libraries.
    pub objects: Names,
    /// Functions, once for every chain of callers that they ran under.
    pub contexts: Vec<Context>,
    /// Self costs.
    pub costs: Vec<Cost>,
    /// Calls, with what they cost inclusive of everything below. Not part of the total.
    pub calls: Vec<Call>,
    /// Sum of the self costs, instructions.
    pub total: u64,
    /// Length of `costs` and of `calls` when equal entries were last folded.
    folded: (usize, usize),
}

/// A function under one chain of callers.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Context {
    /// Symbols: the function itself, its caller, the caller's caller, and so on. Never empty. Chains end where the
    /// thread began, or at the recorder's limit.
    pub chain: Box<[NameId]>,
    /// Depth of recursion where the recorder tells the levels apart: 1 for the outermost.
    pub recursion: u32,
    /// Where the machine code of the function is.
    pub object: NameId,
    /// Source file of the function, as far as the recorder knows.
    pub file: NameId,
}

/// Instructions executed at one address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cost {
    /// Function and callers.
    pub context: ContextId,
    /// Source file of the address: another one than the function's where code was inlined.
    pub file: NameId,
    /// Line in `file`; 0 if unknown.
    pub line: u32,
    /// Address within the object, as its symbol table counts; 0 if the profile has none.
    pub address: u64,
    /// Instructions.
    pub instructions: u64,
}

/// Calls from one address to one function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Call {
    /// Who calls.
    pub caller: ContextId,
    /// Who is called, in the context of this call.
    pub callee: ContextId,
    /// Source file of the calling address.
    pub file: NameId,
    /// Line in `file`; 0 if unknown.
    pub line: u32,
    /// Address of the calling instruction.
    pub address: u64,
    /// Calls that began in the profile: 0 for one that was under way when it began.
    pub count: u64,
    /// Instructions from call to return.
    pub inclusive: u64,
}

impl Context {
    /// Symbol of the function itself.
    #[must_use]
    pub fn symbol(&self) -> NameId {
        self.chain[0]
    }
}

impl Profile {
    /// Adds what another profile holds, as if both had been recorded in one go. Saturates at `u64::MAX`.
    pub fn merge(&mut self, other: &Self) {
        let translate = |from: &Names, to: &mut Names| from.iter().map(|name| to.intern(name)).collect::<Vec<_>>();
        let symbols = translate(&other.symbols, &mut self.symbols);
        let files = translate(&other.files, &mut self.files);
        let objects = translate(&other.objects, &mut self.objects);

        let mut known: HashMap<Context, ContextId> = self.contexts.iter().cloned().zip(0..).collect();
        let mut contexts = Vec::with_capacity(other.contexts.len());
        for context in &other.contexts {
            let context = Context {
                chain: context.chain.iter().map(|&symbol| symbols[symbol as usize]).collect(),
                recursion: context.recursion,
                object: objects[context.object as usize],
                file: files[context.file as usize],
            };
            let id = *known.entry(context).or_insert_with_key(|context| {
                self.contexts.push(context.clone());
                id_of(self.contexts.len() - 1)
            });
            contexts.push(id);
        }
        self.costs.extend(other.costs.iter().map(|cost| Cost {
            context: contexts[cost.context as usize],
            file: files[cost.file as usize],
            ..*cost
        }));
        self.calls.extend(other.calls.iter().map(|call| Call {
            caller: contexts[call.caller as usize],
            callee: contexts[call.callee as usize],
            file: files[call.file as usize],
            ..*call
        }));
        self.total = self.total.saturating_add(other.total);
        // Hundreds of parts say the same of the same addresses: fold now and then, so that memory stays bounded.
        if self.costs.len() > 2 * self.folded.0 || self.calls.len() > 2 * self.folded.1 {
            self.fold();
        }
    }

    /// Adds up entries that differ in nothing but their amounts.
    fn fold(&mut self) {
        self.costs.sort_unstable_by_key(|cost| (cost.context, cost.address, cost.line, cost.file));
        self.costs.dedup_by(|next, kept| {
            let same = Cost { instructions: kept.instructions, ..*next } == *kept;
            if same {
                kept.instructions = kept.instructions.saturating_add(next.instructions);
            }
            same
        });
        self.calls.sort_unstable_by_key(|call| (call.caller, call.address, call.callee, call.line, call.file));
        self.calls.dedup_by(|next, kept| {
            let same = Call { count: kept.count, inclusive: kept.inclusive, ..*next } == *kept;
            if same {
                kept.count = kept.count.saturating_add(next.count);
                kept.inclusive = kept.inclusive.saturating_add(next.inclusive);
            }
            same
        });
        self.folded = (self.costs.len(), self.calls.len());
    }
}

/// An index as an identifier. Four thousand million entries would not fit into memory.
fn id_of(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 entries fit into memory")
}
