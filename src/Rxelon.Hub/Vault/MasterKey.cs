using System.Security.Cryptography;
using Rxelon.Link.Certificates;

namespace Rxelon.Hub.Vault;

/// <summary>
/// Where the vault's master key comes from: <c>RXELON_VAULT_KEY</c> (64 hex digits) when it is set, else <c>vault.master</c> in the
/// data directory (mode 0600), made at the first start. Keep a copy elsewhere: without it every task key is lost.
/// </summary>
internal static class MasterKey
{
    internal const string Variable = "RXELON_VAULT_KEY";
    internal const int Size = 32;

    /// <summary>The key; the caller zeroes it.</summary>
    internal static byte[] Read(string directory, string? fromEnvironment)
    {
        if (!string.IsNullOrEmpty(fromEnvironment))
        {
            return Parse(fromEnvironment) ?? throw new InvalidDataException(
                $"{Variable} is not a master key: it must be {2 * Size} hex digits ({Size} random bytes).");
        }

        var file = Path.Combine(directory, "vault.master");
        if (!File.Exists(file))
        {
            if (File.Exists(Path.Combine(directory, FileVault.KeyFile)))
            {
                throw new InvalidDataException(
                    $"The vault's master key is missing: put {file} back, or set {Variable}. Without it the task keys of this hub cannot be opened.");
            }

            var fresh = RandomNumberGenerator.GetBytes(Size);
            PrivateFile.Write(file, System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(fresh)));
            return fresh;
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            throw new InvalidDataException($"{file} can be read by others; set its mode to 0600 (chmod 600) and consider the key known.");
        return Parse(File.ReadAllText(file).Trim()) ?? throw new InvalidDataException(
            $"{file} is not a master key: it must hold {2 * Size} hex digits. Restore it from your copy.");
    }

    /// <summary>A key for another purpose, from which neither the master key nor any other purpose's key follows: HKDF-SHA256 (RFC 5869).</summary>
    internal static byte[] Derive(string directory, string? fromEnvironment, string purpose)
    {
        var master = Read(directory, fromEnvironment);
        try
        {
            return HKDF.DeriveKey(HashAlgorithmName.SHA256, master, Size, info: System.Text.Encoding.ASCII.GetBytes(purpose));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(master);
        }
    }

    private static byte[]? Parse(string text)
        => text.Length == 2 * Size && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;
}
