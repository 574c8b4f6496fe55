using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Host.Transports.Frames;

/// <summary>
/// An encoding of a frame's fields. Implemented by structs, so that each frame's one definition is compiled for each encoding without boxing. A
/// null value is an absent field.
/// </summary>
internal interface IFieldWriter
{
    void Text(JsonEncodedText name, string? value);

    void Text(JsonEncodedText name, Utf8Text value);

    void Id(JsonEncodedText name, Guid? value);

    void Number(JsonEncodedText name, long? value);

    /// <summary>A list of numbers; absent when empty.</summary>
    void Numbers(JsonEncodedText name, ReadOnlySpan<byte> values);

    void Users(JsonEncodedText name, IReadOnlyList<UserId> users);

    void Texts(JsonEncodedText name, IReadOnlyList<string> values);

    void Flag(JsonEncodedText name, bool value);

    /// <summary>An object with the fields that <paramref name="fields"/> writes.</summary>
    void Object<T, TFields>(JsonEncodedText name, T item, TFields fields) where TFields : struct, IFieldsOf<T>;

    /// <summary>A list of objects, each with the fields that <paramref name="item"/> writes.</summary>
    void List<T, TFields>(JsonEncodedText name, IReadOnlyList<T> items, TFields item) where TFields : struct, IFieldsOf<T>;
}

/// <summary>The fields of a thing inside a frame.</summary>
internal interface IFieldsOf<in T>
{
    void WriteTo<TWriter>(T item, ref TWriter writer) where TWriter : struct, IFieldWriter;
}
