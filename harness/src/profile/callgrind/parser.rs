//! The line-by-line reading of a callgrind file.

use std::collections::HashMap;

use super::names::{Field, Table, text};
use super::numbers::Fields;
use super::{Problem, Profile, SyntaxError};
use crate::profile::{Call, Context, ContextId, Cost, NameId, Names, id_of};

/// What the next line of figures is.
#[derive(Clone, Copy)]
enum Next {
    /// A self cost.
    Cost,
    /// The inclusive cost of that many calls.
    CallCost(u64),
    /// The source of a jump: a position without a cost.
    Jump,
}

pub(super) struct Parser<'a> {
    bytes: &'a [u8],
    profile: Profile,
    functions: Table,
    files: Table,
    objects: Table,
    uncompressed: HashMap<(&'a [u8], NameId), ContextId>,
    /// Which columns there are: of positions, and which event is `Ir`.
    instructions_have_addresses: bool,
    lines_are_given: bool,
    events: usize,
    counted: Option<usize>,
    /// Where relative positions start from.
    address: u64,
    line: u64,
    /// What the lines so far set.
    object: NameId,
    function_file: NameId,
    file: NameId,
    function: Option<ContextId>,
    callee: Option<ContextId>,
    callee_object: Option<NameId>,
    callee_file: Option<NameId>,
    next: Next,
    /// Self costs since the last `totals:`, and whether any line came after it.
    sum: u64,
    complete: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut profile = Profile::default();
        let (object, file) = (profile.objects.intern("???"), profile.files.intern("???"));
        Self {
            bytes,
            profile,
            functions: Table::default(),
            files: Table::default(),
            objects: Table::default(),
            uncompressed: HashMap::new(),
            instructions_have_addresses: false,
            lines_are_given: true,
            events: 0,
            counted: None,
            address: 0,
            line: 0,
            object,
            function_file: file,
            file,
            function: None,
            callee: None,
            callee_object: None,
            callee_file: None,
            next: Next::Cost,
            sum: 0,
            complete: false,
        }
    }

    pub(super) fn run(mut self) -> Result<Profile, SyntaxError> {
        let mut number = 0;
        for line in self.bytes.split(|&byte| byte == b'\n') {
            number += 1;
            self.read(line).map_err(|problem| SyntaxError { line: number, problem })?;
        }
        if self.complete { Ok(self.profile) } else { Err(SyntaxError { line: number, problem: Problem::Incomplete }) }
    }

    fn read(&mut self, line: &'a [u8]) -> Result<(), Problem> {
        match line {
            [b'0'..=b'9' | b'+' | b'-' | b'*', ..] => return self.figures(Fields(line)),
            [] | [b'#', ..] => return Ok(()),
            _ => {}
        }
        let key = line.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        match (&line[..key], line.get(key), line.get(key + 1..).unwrap_or_default()) {
            (b"", _, _) if line.trim_ascii().is_empty() => Ok(()),
            (b"totals", Some(b':'), rest) => self.totals(Fields(rest)),
            (b"events", Some(b':'), rest) => {
                let mut events = rest.split(u8::is_ascii_whitespace).filter(|name| !name.is_empty());
                self.counted = events.clone().position(|name| name == b"Ir");
                self.events = events.by_ref().count();
                Ok(())
            }
            (b"positions", Some(b':'), rest) => {
                let has = |what: &[u8]| rest.split(u8::is_ascii_whitespace).any(|name| name == what);
                (self.instructions_have_addresses, self.lines_are_given) = (has(b"instr"), has(b"line"));
                Ok(())
            }
            // Whatever else a header says (the command, the simulated caches) has no bearing on the costs.
            ([_, ..], Some(b':'), _) => Ok(()),
            (name, Some(b'='), rest) => {
                if matches!(self.next, Next::CallCost(_)) {
                    return Err(Problem::NoCallCost);
                }
                self.complete = false;
                self.field(name, rest)
            }
            _ => Err(Problem::Form),
        }
    }

    fn field(&mut self, name: &[u8], rest: &'a [u8]) -> Result<(), Problem> {
        match name {
            b"fn" => {
                let function = self.function_named(rest, self.object, self.function_file, true)?;
                self.function = Some(function);
                self.file = self.function_file;
            }
            b"fl" => {
                self.function_file = plain(rest, &mut self.files, &mut self.profile.files)?;
                self.file = self.function_file;
            }
            b"fi" | b"fe" => self.file = plain(rest, &mut self.files, &mut self.profile.files)?,
            b"ob" => self.object = plain(rest, &mut self.objects, &mut self.profile.objects)?,
            b"cob" => self.callee_object = Some(plain(rest, &mut self.objects, &mut self.profile.objects)?),
            b"cfi" | b"cfl" => self.callee_file = Some(plain(rest, &mut self.files, &mut self.profile.files)?),
            b"cfn" => {
                let object = self.callee_object.unwrap_or(self.object);
                let file = self.callee_file.unwrap_or(self.file);
                self.callee = Some(self.function_named(rest, object, file, false)?);
            }
            b"calls" => self.next = Next::CallCost(Fields(rest).number()?),
            b"jump" | b"jcnd" => self.next = Next::Jump,
            b"jfi" => drop(plain(rest, &mut self.files, &mut self.profile.files)?),
            b"jfn" => drop(self.function_named(rest, self.object, self.file, false)?),
            _ => return Err(Problem::Form),
        }
        Ok(())
    }

    fn figures(&mut self, mut fields: Fields<'_>) -> Result<(), Problem> {
        if self.instructions_have_addresses {
            fields.position(&mut self.address)?;
        }
        if self.lines_are_given {
            fields.position(&mut self.line)?;
        }
        let line = u32::try_from(self.line).map_err(|_| Problem::Range)?;
        let next = std::mem::replace(&mut self.next, Next::Cost);
        if matches!(next, Next::Jump) {
            return if fields.more() { Err(Problem::Form) } else { Ok(()) };
        }
        let instructions = self.instructions(&mut fields)?;
        let context = self.function.ok_or(Problem::NoFunction)?;
        let (file, address) = (self.file, self.address);
        if let Next::CallCost(count) = next {
            let callee = self.callee.take().ok_or(Problem::NoFunction)?;
            (self.callee_object, self.callee_file) = (None, None);
            let call = Call { caller: context, callee, file, line, address, count, inclusive: instructions };
            self.profile.calls.push(call);
        } else if instructions > 0 {
            self.sum = self.sum.checked_add(instructions).ok_or(Problem::Range)?;
            self.profile.costs.push(Cost { context, file, line, address, instructions });
        }
        self.complete = false;
        Ok(())
    }

    /// The `Ir` column of what is left of a line. Columns that are zero to the end of the line are left out.
    fn instructions(&self, fields: &mut Fields<'_>) -> Result<u64, Problem> {
        let wanted = self.counted.ok_or(Problem::NoInstructions)?;
        let mut instructions = 0;
        for column in 0..self.events {
            if !fields.more() {
                break;
            }
            let figure = fields.number()?;
            if column == wanted {
                instructions = figure;
            }
        }
        if fields.more() { Err(Problem::Form) } else { Ok(instructions) }
    }

    fn totals(&mut self, mut fields: Fields<'_>) -> Result<(), Problem> {
        if matches!(self.next, Next::CallCost(_)) {
            return Err(Problem::NoCallCost);
        }
        let totals = self.instructions(&mut fields)?;
        let sum = std::mem::take(&mut self.sum);
        if sum != totals {
            return Err(Problem::Sum { sum, totals });
        }
        self.profile.total = self.profile.total.checked_add(sum).ok_or(Problem::Range)?;
        self.complete = true;
        Ok(())
    }

    /// The context that a `fn=`, `cfn=` or `jfn=` names. `here`: its own lines follow, so that object and file are sure.
    fn function_named(
        &mut self,
        rest: &'a [u8],
        object: NameId,
        file: NameId,
        here: bool,
    ) -> Result<ContextId, Problem> {
        let id = match Field::read(rest)? {
            Field::Known(id) => self.functions.get(id)?,
            Field::Defined(id, name) => {
                let context = self.context(name, object, file);
                self.functions.set(id, context);
                context
            }
            Field::Plain(name) => match self.uncompressed.get(&(name, object)) {
                Some(&context) => context,
                None => {
                    let context = self.context(name, object, file);
                    self.uncompressed.insert((name, object), context);
                    context
                }
            },
        };
        if here {
            let context = &mut self.profile.contexts[id as usize];
            (context.object, context.file) = (object, file);
        }
        Ok(id)
    }

    /// A new context from `function'caller'caller…`, or `function'2'caller…` at the second level of a recursion.
    fn context(&mut self, name: &[u8], object: NameId, file: NameId) -> ContextId {
        let mut recursion = 1;
        let mut chain = Vec::with_capacity(32);
        for part in name.split(|&byte| byte == b'\'') {
            // No symbol is all digits, so such a part is a level of recursion.
            match std::str::from_utf8(part).ok().filter(|_| !chain.is_empty()).and_then(|text| text.parse().ok()) {
                Some(level) => recursion = level,
                None => chain.push(self.profile.symbols.intern(&text(part))),
            }
        }
        self.profile.contexts.push(Context { chain: chain.into(), recursion, object, file });
        id_of(self.profile.contexts.len() - 1)
    }
}

/// The name that an `fl=`, `fi=`, `ob=` or the like gives.
fn plain(rest: &[u8], table: &mut Table, names: &mut Names) -> Result<NameId, Problem> {
    match Field::read(rest)? {
        Field::Known(id) => table.get(id),
        Field::Defined(id, name) => {
            let name = names.intern(&text(name));
            table.set(id, name);
            Ok(name)
        }
        Field::Plain(name) => Ok(names.intern(&text(name))),
    }
}
