namespace Rxelon.Shared.Ledger;

/// <summary>Standard, padded base64 (RFC 4648 §4) in its canonical spelling: no blanks, no line breaks, unused bits zero.</summary>
internal static class StrictBase64
{
    internal static bool TryDecode(ReadOnlySpan<char> text, Span<byte> into, out int length)
    {
        length = 0;
        return text.Length % 4 == 0 && text.Length / 4 * 3 <= into.Length + 2
            && Convert.TryFromBase64Chars(text, into, out length)
            && text.SequenceEqual(Convert.ToBase64String(into[..length]));
    }

    internal static byte[]? Decode(ReadOnlySpan<char> text)
    {
        var into = new byte[text.Length / 4 * 3];
        return TryDecode(text, into, out var length) ? into[..length] : null;
    }
}
