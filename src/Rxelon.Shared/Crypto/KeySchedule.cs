using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// Every key of a task, from its 32-byte task key K: HKDF-Expand with SHA-256 (RFC 5869 §2.3) of K and a label. K is
/// uniformly random, so no Extract step is needed. No key reveals K or another key. Keys are 32 bytes; a task key of another
/// length, a negative number or an empty name is an argument exception.
/// </summary>
public static class KeySchedule
{
    /// <summary>Bytes of a task key and of every key from it.</summary>
    public const int KeySize = 32;

    private const string Root = "rx/key/v1";

    /// <summary>A fresh task key K, from the system's generator.</summary>
    public static byte[] NewTaskKey() => RandomNumberGenerator.GetBytes(KeySize);

    /// <summary>Encrypts the input of a part: label <c>rx/key/v1/input/{part}</c>.</summary>
    public static byte[] Input(ReadOnlySpan<byte> taskKey, int part) => Expand(taskKey, $"input/{Number(part)}");

    /// <summary>Encrypts the result of one attempt: label <c>rx/key/v1/result/{part}/{attempt}</c>.</summary>
    public static byte[] Result(ReadOnlySpan<byte> taskKey, int part, int attempt)
        => Expand(taskKey, $"result/{Number(part)}/{Number(attempt)}");

    /// <summary>Encrypts the log of one attempt: label <c>rx/key/v1/log/{part}/{attempt}</c>.</summary>
    public static byte[] Log(ReadOnlySpan<byte> taskKey, int part, int attempt)
        => Expand(taskKey, $"log/{Number(part)}/{Number(attempt)}");

    /// <summary>Encrypts what an attempt leaves for the next one: label <c>rx/key/v1/checkpoint/{part}/{attempt}</c>.</summary>
    public static byte[] Checkpoint(ReadOnlySpan<byte> taskKey, int part, int attempt)
        => Expand(taskKey, $"checkpoint/{Number(part)}/{Number(attempt)}");

    /// <summary>Blinds the answers of nodes that check each other: label <c>rx/key/v1/verify/{part}</c>.</summary>
    public static byte[] Verify(ReadOnlySpan<byte> taskKey, int part) => Expand(taskKey, $"verify/{Number(part)}");

    /// <summary>Encrypts a blob common to all parts: label <c>rx/key/v1/shared/{name}</c>, the name in UTF-8.</summary>
    public static byte[] Shared(ReadOnlySpan<byte> taskKey, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Expand(taskKey, $"shared/{name}");
    }

    private static byte[] Expand(ReadOnlySpan<byte> taskKey, string label)
    {
        if (taskKey.Length != KeySize)
            throw new ArgumentException($"A task key is {KeySize} bytes, not {taskKey.Length}.", nameof(taskKey));
        var key = new byte[KeySize];
        HKDF.Expand(HashAlgorithmName.SHA256, taskKey, key, Encoding.UTF8.GetBytes($"{Root}/{label}"));
        return key;
    }

    private static string Number(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return number.ToString(CultureInfo.InvariantCulture);
    }
}
