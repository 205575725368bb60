using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;
using Rxelon.Shared.Wire;

namespace Rxelon.Link.Wire;

/// <summary>
/// The only serializer of the link: two manifests, no type names, nothing else. A frame with one of our manifests whose bytes are
/// not the message becomes <see cref="MalformedFrame"/>, so that the receiver knows who sent it; everything else throws.
/// Identifier and manifests are part of the protocol: never changed, never reused.
/// </summary>
public sealed class LinkSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The serializer's id on the wire.</summary>
    public const int Id = 4201;

    /// <summary>Manifest of <see cref="ToHub"/>.</summary>
    public const string ToHubManifest = "to-hub.1";

    /// <summary>Manifest of <see cref="ToNode"/>.</summary>
    public const string ToNodeManifest = "to-node.1";

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <inheritdoc/>
    public override string Manifest(object o) => o switch
    {
        ToHub => ToHubManifest,
        ToNode => ToNodeManifest,
        _ => throw Refuse(o.GetType().Name),
    };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj switch
    {
        ToHub frame => frame.ToByteArray(),
        ToNode frame => frame.ToByteArray(),
        _ => throw Refuse(obj.GetType().Name),
    };

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        ToHubManifest => Parse(ToHub.Parser, bytes),
        ToNodeManifest => Parse(ToNode.Parser, bytes),
        _ => throw Refuse(manifest),
    };

    private static object Parse<T>(MessageParser<T> parser, byte[] bytes)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return MalformedFrame.Instance;
        }
    }

    private static SerializationException Refuse(string what) => new($"'{what}' does not travel on the link.");
}

/// <summary>Stands for a frame that could not be read.</summary>
public sealed class MalformedFrame
{
    private MalformedFrame()
    {
    }

    /// <summary>The only one.</summary>
    public static MalformedFrame Instance { get; } = new();
}
