using System.Security.Cryptography;

namespace Rxelon.Link.Certificates;

/// <summary>A symmetric key of the data directory that signs what the hub hands out and takes back.</summary>
public static class SecretKey
{
    private const int Size = 32;

    /// <summary>Reads the key (mode 0600) or makes one. A damaged key stops the hub.</summary>
    public static byte[] OpenOrCreate(string file)
    {
        if (!File.Exists(file))
            PrivateFile.Write(file, RandomNumberGenerator.GetBytes(Size));
        var key = File.ReadAllBytes(file);
        return key.Length == Size
            ? key
            : throw new InvalidDataException(
                $"{file} is damaged: it has {key.Length} bytes, not {Size}. Delete it; what was given out under it stops being valid.");
    }
}
