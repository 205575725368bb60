using System.Text;
using CsCheck;
using Rxelon.Link.Guard;
using Rxelon.Link.Wire;

namespace Rxelon.Link.Tests.Guard;

public sealed class InspectorSpecs
{
    private const string Door = "akka.ssl.tcp://edge@edge.invalid:1/user/door";
    private const string Sender = "akka.ssl.tcp://node@x.y.node.invalid:1/user/link";
    private static readonly FrameInspector Inspector = new(Door);

    [Fact]
    public void Our_message_from_the_origin_to_the_door_passes_and_nothing_near_it()
    {
        Assert.Equal(FrameKind.Message, Inspect(Frame()));
        Assert.Equal(FrameKind.Message, Inspect(Frame(sender: Sender + "#123")));

        Assert.Equal(FrameKind.Refused, Inspect(Frame(recipient: Door + "/child")));
        Assert.Equal(FrameKind.Refused, Inspect(Frame(recipient: Door + "#1")));
        Assert.Equal(FrameKind.Refused, Inspect(Frame(recipient: "akka.ssl.tcp://edge@edge.invalid:1/user/other")));
        Assert.Equal(FrameKind.Refused, Inspect(Frame(sender: Sender + "/x")));
        Assert.Equal(FrameKind.Refused, Inspect(Frame(sender: "akka.ssl.tcp://node@z.y.node.invalid:1/user/link")));
        Assert.Equal(FrameKind.Refused, Inspect(Frame(serializer: 1)));
        Assert.Equal(FrameKind.Refused, Inspect(Frame(manifest: LinkSerializer.ToNodeManifest)));
        Assert.Equal(FrameKind.Refused, Inspect(Frame(seq: 7)));
        Assert.Equal(FrameKind.Refused, Inspector.Inspect(Frame(), [], out _));
    }

    [Fact]
    public void A_frame_with_a_field_twice_is_refused_since_two_readers_could_see_two_frames()
    {
        var frame = Frame();
        Assert.Equal(FrameKind.Refused, Inspect([.. frame, .. frame]));
        Assert.Equal(FrameKind.Refused, Inspect([.. frame, .. Field(9, [])]));
    }

    [Fact]
    public void Heartbeats_and_farewells_pass_and_an_association_tells_its_origin()
    {
        for (byte command = 2; command <= 5; command++)
            Assert.Equal(FrameKind.Control, Inspect(Field(2, [0x08, command])));
        Assert.Equal(FrameKind.Refused, Inspect(Field(2, [0x08, 6])));
        byte[] address = [.. Field(1, "node"u8), .. Field(2, "a.b.node.invalid"u8), 0x18, 1, .. Field(4, "ssl.tcp"u8)];
        var associate = Field(2, [0x08, 1, .. Field(2, [.. Field(1, address), 0x11, 1, 2, 3, 4, 5, 6, 7, 8])]);

        Assert.Equal(FrameKind.Associate, Inspector.Inspect(associate, [], out var origin));
        Assert.Equal("a.b.node.invalid", origin);
    }

    [Fact]
    public void No_bytes_make_it_throw_and_no_changed_frame_passes_with_another_sender_or_recipient()
    {
        var frame = Frame();
        Gen.Select(Gen.Int[0, frame.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var changed = (byte[])frame.Clone();
            changed[at] = value;
            if (Inspect(changed) == FrameKind.Message)
                Assert.Contains(Door, Encoding.Latin1.GetString(changed), StringComparison.Ordinal);
        });
        Gen.Byte.Array[0, 200].Sample(bytes => Assert.NotEqual(FrameKind.Message, Inspect(bytes)));
    }

    private static FrameKind Inspect(byte[] frame) => Inspector.Inspect(frame, Encoding.UTF8.GetBytes(Sender), out _);

    private static byte[] Frame(
        string recipient = Door, string sender = Sender, int serializer = LinkSerializer.Id, string manifest = LinkSerializer.ToHubManifest, ulong seq = ulong.MaxValue)
    {
        byte[] message = [.. Field(1, [1, 2]), 0x10, .. Varint((ulong)serializer), .. Field(3, Encoding.UTF8.GetBytes(manifest))];
        byte[] envelope =
        [
            .. Field(1, Field(1, Encoding.UTF8.GetBytes(recipient))), .. Field(2, message),
            .. Field(4, Field(1, Encoding.UTF8.GetBytes(sender))), 0x29, .. BitConverter.GetBytes(seq),
        ];
        return Field(1, Field(2, envelope));
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> content) => [(byte)((number << 3) | 2), .. Varint((ulong)content.Length), .. content];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
