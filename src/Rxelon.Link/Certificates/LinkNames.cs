using System.Security.Cryptography;
using Rxelon.Shared.Ids;

namespace Rxelon.Link.Certificates;

/// <summary>
/// Names on the link. A node's certificate carries the DNS name <c>&lt;label&gt;.node.invalid</c>; the label is 26 base32
/// characters of 128 random bits, given at enrolment. A node process announces <c>&lt;instance&gt;.&lt;label&gt;.node.invalid</c>:
/// the instance tells two processes of one identity apart, so that the second cannot disturb the link of the first.
/// </summary>
public static class LinkNames
{
    /// <summary>Name of the hub's system that faces nodes.</summary>
    public const string EdgeSystem = "edge";

    /// <summary>Name of a node's link system.</summary>
    public const string NodeSystem = "node";

    /// <summary>The one actor a node can send to.</summary>
    public const string DoorPath = "/user/door";

    /// <summary>The one actor on the node that the hub sends to.</summary>
    public const string LinkPath = "/user/link";

    /// <summary>Scheme of link addresses.</summary>
    public const string Scheme = "akka.ssl.tcp";

    /// <summary>The port that nodes announce; nothing listens there.</summary>
    public const int NodePort = 1;

    /// <summary>Bytes behind a label or an instance.</summary>
    public const int Size = 16;

    private const string Suffix = ".node.invalid";
    private const int TextLength = 26;

    /// <summary>A fresh unguessable label.</summary>
    public static string NewLabel() => Base32.Encode(RandomNumberGenerator.GetBytes(Size));

    /// <summary>True for 26 canonical base32 characters.</summary>
    public static bool IsLabel(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        return Base32.TryDecode(text, bytes);
    }

    /// <summary>The DNS name in a node's certificate.</summary>
    public static string DnsName(string label) => label + Suffix;

    /// <summary>The host name that a node process announces.</summary>
    public static string Origin(string label, ReadOnlySpan<byte> instance) => $"{Base32.Encode(instance)}.{label}{Suffix}";

    /// <summary>Reads a certificate's DNS name; false for anything but <c>label.node.invalid</c>.</summary>
    public static bool TryReadDnsName(string? name, out string label)
    {
        label = "";
        if (name is null || name.Length != TextLength + Suffix.Length || !name.EndsWith(Suffix, StringComparison.Ordinal)
            || !IsLabel(name.AsSpan(0, TextLength)))
            return false;
        label = name[..TextLength];
        return true;
    }

    /// <summary>Reads an announced host name; false for anything but <c>instance.label.node.invalid</c>.</summary>
    public static bool TryReadOrigin(string? host, out string label, out byte[] instance)
    {
        label = "";
        instance = new byte[Size];
        return host is not null && host.Length > TextLength + 1 && host[TextLength] == '.'
            && Base32.TryDecode(host.AsSpan(0, TextLength), instance)
            && TryReadDnsName(host[(TextLength + 1)..], out label);
    }
}
