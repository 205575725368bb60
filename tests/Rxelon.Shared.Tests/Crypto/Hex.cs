namespace Rxelon.Shared.Tests.Crypto;

/// <summary>Reads published vectors as they are printed: white space between the digits does not count.</summary>
internal static class Hex
{
    internal static byte[] Of(string digits) => Convert.FromHexString(string.Concat(digits.Where(c => !char.IsWhiteSpace(c))));
}
