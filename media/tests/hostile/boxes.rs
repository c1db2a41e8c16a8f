//! ISO base media boxes (ISO 14496-12 4.2) as a tree that can be bent and written again.

/// A box. Containers have children, behind `data`; others have `data` alone.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) kind: [u8; 4],
    pub(crate) data: Vec<u8>,
    pub(crate) children: Vec<Node>,
}

const CONTAINERS: [&[u8; 4]; 12] = [
    b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts", b"mvex", b"moof", b"traf",
    b"udta", b"dref",
];

impl Node {
    pub(crate) fn leaf(kind: &[u8; 4], data: Vec<u8>) -> Self {
        Self { kind: *kind, data, children: Vec::new() }
    }

    /// A full box: version and flags 0, then `data` (ISO 14496-12 4.2).
    pub(crate) fn full(kind: &[u8; 4], data: &[u8]) -> Self {
        Self::leaf(kind, [&[0; 4], data].concat())
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.kind);
        out.extend_from_slice(&self.data);
        for child in &self.children {
            child.write_to(out);
        }
        let size = u32::try_from(out.len() - start).unwrap();
        out[start..start + 4].copy_from_slice(&size.to_be_bytes());
    }

    /// The first box at the end of this path below this one.
    fn at(&mut self, path: &str) -> Option<&mut Self> {
        let (kind, rest) = path.split_once('/').unwrap_or((path, ""));
        let mut found = self.children.iter_mut().filter(|child| child.kind == kind.as_bytes());
        if rest.is_empty() { found.next() } else { found.find_map(|child| child.at(rest)) }
    }
}

fn parse(mut bytes: &[u8], starts: &mut Vec<usize>, base: usize) -> Vec<Node> {
    let (mut nodes, mut at) = (Vec::new(), base);
    while bytes.len() >= 8 {
        let size = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
        if !(8..=bytes.len()).contains(&size) {
            break;
        }
        starts.push(at);
        let kind: [u8; 4] = bytes[4..8].try_into().unwrap();
        let body = &bytes[8..size];
        nodes.push(if CONTAINERS.contains(&&kind) {
            let head = if kind == *b"dref" { 8 } else { 0 };
            let children = parse(&body[head..], starts, at + 8 + head);
            Node { kind, data: body[..head].to_vec(), children }
        } else {
            Node::leaf(&kind, body.to_vec())
        });
        bytes = &bytes[size..];
        at += size;
    }
    nodes
}

/// A file with the first box at `path` bent; boxes before the samples must keep their size.
pub(crate) fn bend(file: &[u8], path: &str, how: impl FnOnce(&mut Node)) -> Vec<u8> {
    let children = parse(file, &mut Vec::new(), 0);
    let mut root = Node { kind: *b"file", data: Vec::new(), children };
    how(root.at(path).unwrap_or_else(|| panic!("the seed has no {path}")));
    root.children.iter().fold(Vec::new(), |mut out, node| {
        node.write_to(&mut out);
        out
    })
}

/// The same with the body of a box replaced by a full box of this body.
pub(crate) fn replace(file: &[u8], path: &str, body: &[u8]) -> Vec<u8> {
    bend(file, path, |node| {
        *node = Node::full(&node.kind, body);
    })
}

/// Where boxes begin, at any depth.
pub(crate) fn boundaries(file: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    parse(file, &mut starts, 0);
    starts
}
