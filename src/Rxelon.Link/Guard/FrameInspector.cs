using System.Text;
using Rxelon.Link.Certificates;
using Rxelon.Link.Wire;

namespace Rxelon.Link.Guard;

/// <summary>What a transport frame is.</summary>
internal enum FrameKind
{
    /// <summary>Not one of the shapes below: the socket is closed.</summary>
    Refused = 0,

    /// <summary>Opens an association; names its origin.</summary>
    Associate = 1,

    /// <summary>Heartbeat or farewell.</summary>
    Control = 2,

    /// <summary>A message of our serializer from the link actor of the announced origin to the door.</summary>
    Message = 3,
}

/// <summary>
/// Reads Akka.Remote's transport frames (AkkaProtocolMessage and what it wraps, WireFormats.proto of Akka.NET 1.5) far enough to
/// admit exactly what the link needs. Strict where protobuf is lenient: unknown or repeated fields are refused, since a reader
/// that takes the last of two could see another frame than this one. Nothing is deserialized here.
/// </summary>
internal sealed class FrameInspector
{
    private static readonly byte[] ToHubManifest = Encoding.UTF8.GetBytes(LinkSerializer.ToHubManifest);
    private readonly byte[] _door;

    /// <summary><paramref name="door"/>: the one recipient, as its full path.</summary>
    internal FrameInspector(string door) => _door = Encoding.UTF8.GetBytes(door);

    /// <summary>
    /// Reads one frame. <paramref name="sender"/> is the only sender admitted for messages (empty before the association).
    /// </summary>
    internal FrameKind Inspect(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> sender, out string origin)
    {
        origin = "";
        Span<ProtoField> fields = stackalloc ProtoField[2];
        if (!ProtoFields.Read(frame, fields))
            return FrameKind.Refused;
        return (fields[0].IsBytes, fields[1].IsBytes) switch
        {
            (true, false) => InspectPayload(fields[0].In(frame), sender) ? FrameKind.Message : FrameKind.Refused,
            (false, true) => InspectInstruction(fields[1].In(frame), out origin),
            _ => FrameKind.Refused,
        };
    }

    // AkkaControlMessage { commandType = 1; handshakeInfo = 2 { origin = 1 { system, hostname, port, protocol }, uid = 2, cookie = 3 } }
    private static FrameKind InspectInstruction(ReadOnlySpan<byte> instruction, out string origin)
    {
        origin = "";
        Span<ProtoField> fields = stackalloc ProtoField[2];
        if (!ProtoFields.Read(instruction, fields) || !fields[0].IsNumber)
            return FrameKind.Refused;
        if (fields[0].Number != 1)
            return fields[0].Number is >= 2 and <= 5 && !fields[1].IsPresent ? FrameKind.Control : FrameKind.Refused;
        if (!fields[1].IsBytes)
            return FrameKind.Refused;
        var info = fields[1].In(instruction);
        Span<ProtoField> handshake = stackalloc ProtoField[3];
        if (!ProtoFields.Read(info, handshake) || !handshake[0].IsBytes)
            return FrameKind.Refused;
        var address = handshake[0].In(info);
        Span<ProtoField> parts = stackalloc ProtoField[4];
        if (!ProtoFields.Read(address, parts) || !parts[0].IsBytes || !parts[1].IsBytes || !parts[2].IsNumber
            || !parts[0].In(address).SequenceEqual(Encoding.UTF8.GetBytes(LinkNames.NodeSystem)) || parts[2].Number != LinkNames.NodePort)
            return FrameKind.Refused;
        origin = Encoding.UTF8.GetString(parts[1].In(address));
        return FrameKind.Associate;
    }

    // AckAndEnvelopeContainer { ack = 1; envelope = 2 { recipient = 1 { path }, message = 2 { message, serializerId, manifest }, (3), sender = 4 { path }, seq = 5 } }
    // ack and seq belong to system messages, which do not exist on this link.
    private bool InspectPayload(ReadOnlySpan<byte> container, ReadOnlySpan<byte> sender)
    {
        Span<ProtoField> outer = stackalloc ProtoField[2];
        if (!ProtoFields.Read(container, outer) || outer[0].IsPresent || !outer[1].IsBytes)
            return false;
        var envelope = outer[1].In(container);
        Span<ProtoField> fields = stackalloc ProtoField[5];
        if (!ProtoFields.Read(envelope, fields) || !fields[0].IsBytes || !fields[1].IsBytes || fields[2].IsPresent || !fields[3].IsBytes
            || (fields[4].IsPresent && fields[4].Number != ulong.MaxValue))
            return false;
        return IsPath(fields[0].In(envelope), _door, allowUid: false)
            && !sender.IsEmpty && IsPath(fields[3].In(envelope), sender, allowUid: true)
            && IsOurMessage(fields[1].In(envelope));
    }

    private static bool IsPath(ReadOnlySpan<byte> reference, ReadOnlySpan<byte> expected, bool allowUid)
    {
        Span<ProtoField> fields = stackalloc ProtoField[1];
        if (!ProtoFields.Read(reference, fields) || !fields[0].IsBytes)
            return false;
        var path = fields[0].In(reference);
        return path.StartsWith(expected) && (path.Length == expected.Length || (allowUid && path[expected.Length] == (byte)'#'));
    }

    private static bool IsOurMessage(ReadOnlySpan<byte> message)
    {
        Span<ProtoField> fields = stackalloc ProtoField[3];
        return ProtoFields.Read(message, fields) && fields[1].IsNumber && fields[1].Number == LinkSerializer.Id
            && fields[2].IsBytes && fields[2].In(message).SequenceEqual(ToHubManifest);
    }
}
