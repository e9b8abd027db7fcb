"""The messages that the tests write are those that protocol buffers define."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tests.records.prime_files import GOOD, example

FEATURE_PROTO = {
    "FloatList": [("value", 1, "float", True)],
    "Int64List": [("value", 1, "int64", True)],
    "Feature": [("float_list", 2, "FloatList", False), ("int64_list", 3, "Int64List", False)],
    "Entry": [("key", 1, "string", False), ("value", 2, "Feature", False)],
    "Features": [("feature", 1, "Entry", True)],
    "Example": [("features", 1, "Features", False)],
}
"""``tensorflow/core/example/feature.proto``, with its map as the repeated entries that it is."""


def example_class() -> Any:
    field_types = descriptor_pb2.FieldDescriptorProto
    kinds = {"float": field_types.TYPE_FLOAT, "int64": field_types.TYPE_INT64, "string": field_types.TYPE_STRING}
    file = descriptor_pb2.FileDescriptorProto(name="feature.proto", package="tf", syntax="proto3")
    for name, fields in FEATURE_PROTO.items():
        message = file.message_type.add(name=name)
        for field, number, kind, is_repeated in fields:
            added = message.field.add(name=field, number=number, label=3 if is_repeated else 1)
            if kind in kinds:
                added.type = kinds[kind]
            else:
                added.type, added.type_name = field_types.TYPE_MESSAGE, f".tf.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tf.Example"))


def test_the_writer_of_the_tests_writes_what_protobuf_does() -> None:
    message = example_class()()
    for name, value in GOOD.items():
        entry = message.features.feature.add(key=name)
        if isinstance(value, float):
            entry.value.float_list.value.append(value)
        else:
            entry.value.int64_list.value.append(value)

    assert message.SerializeToString() == example(GOOD)
