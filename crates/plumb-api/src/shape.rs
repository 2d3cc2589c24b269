//! Shapes: the structures, lists and scalars that requests and answers are made of.

use std::fmt;
use std::sync::Arc;

use plumb_model::value::Text;

use crate::format::{Fields, kind, reference};
use crate::model::ServiceModel;
use crate::names::snake_case;

/// A shape of a service's API model; cheap to clone, and recursive shapes are finite because it is looked into lazily.
///
/// Two are equal when they are the same shape of the same loaded model.
#[derive(Clone)]
pub struct ShapeRef {
    model: Arc<ServiceModel>,
    index: u32,
}

/// What a shape is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Named members of various shapes.
    Structure(Structure),
    /// A list of one shape.
    List(ShapeRef),
    /// A map from text to one shape.
    Map(ShapeRef),
    /// Text.
    String,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A floating point number of 32 bits.
    Float,
    /// A floating point number of 64 bits.
    Double,
    /// A truth value.
    Boolean,
    /// A point in time; RFC 3339 text in decoded answers.
    Timestamp,
    /// Bytes; base64 text in decoded answers.
    Blob,
    /// Any JSON value.
    Document,
}

/// The members of a structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    shape: ShapeRef,
}

/// One member of a structure.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    model: &'a Arc<ServiceModel>,
    data: &'a MemberData,
}

impl ShapeRef {
    pub(crate) fn new(model: Arc<ServiceModel>, index: u32) -> Self {
        Self { model, index }
    }

    /// What the shape is, one level deep.
    pub fn kind(&self) -> Kind {
        let at = |index: u32| Self {
            model: Arc::clone(&self.model),
            index,
        };
        match self.model.shape(self.index) {
            ShapeData::Structure(_) => Kind::Structure(Structure { shape: self.clone() }),
            ShapeData::List(item) => Kind::List(at(item.shape)),
            ShapeData::Map(_, value) => Kind::Map(at(value.shape)),
            ShapeData::String => Kind::String,
            ShapeData::Integer => Kind::Integer,
            ShapeData::Long => Kind::Long,
            ShapeData::Float => Kind::Float,
            ShapeData::Double => Kind::Double,
            ShapeData::Boolean => Kind::Boolean,
            ShapeData::Timestamp => Kind::Timestamp,
            ShapeData::Blob => Kind::Blob,
            ShapeData::Document => Kind::Document,
        }
    }

    /// The shape of a structure's member by its name in the API or in snake_case; `None` for other shapes.
    pub fn member(&self, name: &str) -> Option<ShapeRef> {
        match self.kind() {
            Kind::Structure(structure) => structure.member(name).map(|member| member.shape()),
            _ => None,
        }
    }
}

impl PartialEq for ShapeRef {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && Arc::ptr_eq(&self.model, &other.model)
    }
}

impl Eq for ShapeRef {}

impl fmt::Debug for ShapeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.model.name(), self.index)
    }
}

impl Structure {
    /// The members in the order of their API names.
    pub fn members(&self) -> impl ExactSizeIterator<Item = Member<'_>> {
        let model = &self.shape.model;
        self.data().members.iter().map(move |data| Member { model, data })
    }

    /// A member by its name in the API or in snake_case.
    pub fn member(&self, name: &str) -> Option<Member<'_>> {
        self.members()
            .find(|member| member.data.name == name || member.data.snake == name)
    }

    fn data(&self) -> &StructureData {
        match self.shape.model.shape(self.shape.index) {
            ShapeData::Structure(data) => data,
            _ => &NO_MEMBERS,
        }
    }
}

impl<'a> Member<'a> {
    /// The name in the API, for example `SSEAlgorithm`.
    pub fn name(self) -> &'a Text {
        &self.data.name
    }

    /// The name in documents, for example `sse_algorithm`.
    pub fn snake(self) -> &'a Text {
        &self.data.snake
    }

    /// Whether a request must have it.
    pub fn required(self) -> bool {
        self.data.target.required
    }

    /// Its shape.
    pub fn shape(self) -> ShapeRef {
        // A member that travels as JSON in a header is text in the model and a document when decoded.
        ShapeRef::new(Arc::clone(self.model), self.data.target.shape)
    }
}

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("name", &self.data.name)
            .field("required", &self.required())
            .finish()
    }
}

static NO_MEMBERS: StructureData = StructureData {
    members: Vec::new(),
    by_wire_name: Vec::new(),
    payload: None,
};

/// A shape as the codecs use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ShapeData {
    Structure(StructureData),
    List(Reference),
    Map(Reference, Reference),
    String,
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Timestamp,
    Blob,
    Document,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StructureData {
    /// In the order of their API names.
    pub(crate) members: Vec<MemberData>,
    /// Positions of the members in the order of their wire names.
    by_wire_name: Vec<u32>,
    /// Position of the member that is the whole body.
    payload: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberData {
    pub(crate) name: Text,
    pub(crate) snake: Text,
    pub(crate) target: Reference,
}

/// A reference to a shape with the traits of how it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) shape: u32,
    pub(crate) wire_name: Option<Text>,
    pub(crate) query_name: Option<Text>,
    pub(crate) namespace: Option<Box<(Text, Text)>>,
    pub(crate) location: Location,
    pub(crate) timestamp: Option<TimestampFormat>,
    pub(crate) required: bool,
    pub(crate) flattened: bool,
    pub(crate) xml_attribute: bool,
    pub(crate) json_value: bool,
    pub(crate) host_label: bool,
}

/// Where a member travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Body,
    Uri,
    QueryString,
    Header,
    HeaderPrefix,
    StatusCode,
}

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampFormat {
    Iso8601,
    Rfc822,
    UnixSeconds,
}

impl ShapeData {
    pub(crate) fn read(mut fields: Fields<'_>, model: &ServiceModel) -> Option<Self> {
        Some(match fields.varint()? {
            kind::STRUCTURE => Self::Structure(StructureData::read(&mut fields, model)?),
            kind::LIST => Self::List(Reference::read(&mut fields, model)?),
            kind::MAP => Self::Map(
                Reference::read(&mut fields, model)?,
                Reference::read(&mut fields, model)?,
            ),
            kind::STRING => Self::String,
            kind::INTEGER => Self::Integer,
            kind::LONG => Self::Long,
            kind::FLOAT => Self::Float,
            kind::DOUBLE => Self::Double,
            kind::BOOLEAN => Self::Boolean,
            kind::TIMESTAMP => Self::Timestamp,
            kind::BLOB => Self::Blob,
            kind::DOCUMENT => Self::Document,
            _ => return None,
        })
    }
}

impl StructureData {
    /// The member with an API name.
    pub(crate) fn by_name(&self, name: &str) -> Option<&MemberData> {
        let at = self
            .members
            .binary_search_by(|member| member.name.as_str().cmp(name))
            .ok()?;
        self.members.get(at)
    }

    /// The member with a name on the wire.
    pub(crate) fn by_wire_name(&self, name: &str) -> Option<&MemberData> {
        let wire_name = |at: &u32| self.at(*at).map_or("", MemberData::wire_name);
        let at = self
            .by_wire_name
            .binary_search_by(|at| wire_name(at).cmp(name))
            .ok()?;
        self.at(*self.by_wire_name.get(at)?)
    }

    /// The member that is the whole body.
    pub(crate) fn payload(&self) -> Option<&MemberData> {
        self.at(self.payload?)
    }

    fn at(&self, position: u32) -> Option<&MemberData> {
        self.members.get(usize::try_from(position).ok()?)
    }

    fn read(fields: &mut Fields<'_>, model: &ServiceModel) -> Option<Self> {
        let payload = fields.option()?;
        let count = fields.varint()?;
        let mut members = Vec::new();
        for _ in 0..count {
            let name = Text::from(model.text(fields.varint()?)?);
            let snake = Text::from(snake_case(&name));
            members.push(MemberData {
                name,
                snake,
                target: Reference::read(fields, model)?,
            });
        }
        let mut by_wire_name: Vec<u32> = (0..count).collect();
        let wire_name = |at: &u32| {
            usize::try_from(*at)
                .ok()
                .and_then(|at| members.get(at))
                .map_or("", MemberData::wire_name)
                .to_owned()
        };
        by_wire_name.sort_by_cached_key(wire_name);
        Some(Self {
            members,
            by_wire_name,
            payload,
        })
    }
}

impl MemberData {
    /// The name in bodies, headers, paths and queries.
    pub(crate) fn wire_name(&self) -> &str {
        self.target.wire_name.as_ref().unwrap_or(&self.name)
    }
}

impl Reference {
    pub(crate) fn read(fields: &mut Fields<'_>, model: &ServiceModel) -> Option<Self> {
        let shape = fields.varint()?;
        let traits = fields.varint()?;
        let has = |bit: u32| traits & bit != 0;
        let mut text_if = |bit: u32| {
            if has(bit) {
                Some(Some(Text::from(model.text(fields.varint()?)?)))
            } else {
                Some(None)
            }
        };
        let wire_name = text_if(reference::WIRE_NAME)?;
        let query_name = text_if(reference::QUERY_NAME)?;
        let prefix = text_if(reference::XML_NAMESPACE)?;
        let address = text_if(reference::XML_NAMESPACE)?;
        Some(Self {
            shape,
            wire_name,
            query_name,
            namespace: prefix.zip(address).map(Box::new),
            location: match (traits >> reference::LOCATION_SHIFT) & 7 {
                0 => Location::Body,
                1 => Location::Uri,
                2 => Location::QueryString,
                3 => Location::Header,
                4 => Location::HeaderPrefix,
                5 => Location::StatusCode,
                _ => return None,
            },
            timestamp: match (traits >> reference::TIMESTAMP_SHIFT) & 3 {
                1 => Some(TimestampFormat::Iso8601),
                2 => Some(TimestampFormat::Rfc822),
                3 => Some(TimestampFormat::UnixSeconds),
                _ => None,
            },
            required: has(reference::REQUIRED),
            flattened: has(reference::FLATTENED),
            xml_attribute: has(reference::XML_ATTRIBUTE),
            json_value: has(reference::JSON_VALUE),
            host_label: has(reference::HOST_LABEL),
        })
    }
}
