using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Crypto.PartFormat;

namespace Rxelon.Shared.Crypto;

/// <summary>Writes and checks the header of <see cref="PartFormat"/>.</summary>
internal static class PartHeader
{
    internal static byte[] Write(CipherSuite suite, PartContext context, ReadOnlySpan<byte> prefix)
    {
        CipherSuites.Name(suite);
        var header = new byte[HeaderSize];
        Magic.CopyTo(header);
        header[VersionAt] = PartFormat.Version;
        header[SuiteAt] = (byte)suite;
        WriteContext(header, context);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(SegmentSizeAt), SegmentSize);
        prefix.CopyTo(header.AsSpan(PrefixAt, NoncePrefixSize));
        return header;
    }

    /// <summary>Null when the header is of this version and of <paramref name="context"/>; else which field is not.</summary>
    internal static Fault? Check(ReadOnlySpan<byte> header, PartContext context)
    {
        if (header.Length < HeaderSize)
            return Corrupt(context, $"it ends inside the header, after {header.Length} of {HeaderSize} bytes");
        if (!header[..Magic.Length].SequenceEqual(Magic))
            return Corrupt(context, "it is not an encrypted part: the magic bytes differ");
        if (header[VersionAt] != PartFormat.Version)
            return Corrupt(context, $"the header's version is {header[VersionAt]} and this program reads {PartFormat.Version}");
        if (!CipherSuites.All.Contains((CipherSuite)header[SuiteAt]))
            return Corrupt(context, $"the header's cipher suite {header[SuiteAt]} is unknown");
        if (header[ReservedAt] != 0)
            return Corrupt(context, "the header's reserved byte is not zero");
        var size = BinaryPrimitives.ReadUInt32BigEndian(header[SegmentSizeAt..]);
        if (size != SegmentSize)
            return Corrupt(context, $"the header's segment size is {size}, not {SegmentSize}");

        Span<byte> expected = stackalloc byte[HeaderSize];
        WriteContext(expected, context);
        if (header[RoleAt] != expected[RoleAt])
            return Differs(context, "role", ((PartRole)header[RoleAt]).ToString(), context.Role.ToString());
        if (!header[TaskAt..PartAt].SequenceEqual(expected[TaskAt..PartAt]))
            return Differs(context, "task", TaskText(header[TaskAt..PartAt]), context.Task.ToString());
        if (!header[PartAt..AttemptAt].SequenceEqual(expected[PartAt..AttemptAt]))
            return Differs(context, "part", Number(header[PartAt..]), Number(expected[PartAt..]));
        if (!header[AttemptAt..SegmentSizeAt].SequenceEqual(expected[AttemptAt..SegmentSizeAt]))
            return Differs(context, "attempt", Number(header[AttemptAt..]), Number(expected[AttemptAt..]));
        return header[NameAt..PrefixAt].SequenceEqual(expected[NameAt..PrefixAt])
            ? null
            : Corrupt(context, "the header's name is another one");
    }

    internal static Fault Corrupt(PartContext context, string what)
        => new(FaultCodes.DecryptFailed, $"The {context} does not decrypt: {what}.");

    private static void WriteContext(Span<byte> header, PartContext context)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(context.Part);
        ArgumentOutOfRangeException.ThrowIfNegative(context.Attempt);
        header[RoleAt] = (byte)context.Role;
        context.Task.ToBytes().CopyTo(header[TaskAt..]);
        BinaryPrimitives.WriteInt32BigEndian(header[PartAt..], context.Part);
        BinaryPrimitives.WriteInt32BigEndian(header[AttemptAt..], context.Attempt);
        header[NameAt..PrefixAt].Clear();
        if (!string.IsNullOrEmpty(context.Name))
            SHA256.HashData(Encoding.UTF8.GetBytes(context.Name)).AsSpan(0, NameHashSize).CopyTo(header[NameAt..]);
    }

    private static Fault Differs(PartContext context, string field, string found, string expected)
        => Corrupt(context, $"the header's {field} is {found}, not {expected}");

    private static string Number(ReadOnlySpan<byte> at)
        => BinaryPrimitives.ReadUInt32BigEndian(at).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string TaskText(ReadOnlySpan<byte> bytes)
        => bytes.ContainsAnyExcept((byte)0) ? TaskId.FromBytes(bytes).ToString() : "unset";
}
