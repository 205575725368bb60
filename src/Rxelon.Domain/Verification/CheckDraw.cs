using System.Buffers.Binary;
using System.Security.Cryptography;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Verification;

/// <summary>
/// Whether a reported part is repeated by another operator. Draws come from a seed that the hub journals with the task, so an
/// auditor can repeat them and no node can foresee them.
/// </summary>
public static class CheckDraw
{
    /// <summary>Bytes of a task's seed.</summary>
    public const int SeedSize = 32;

    private const int Certain = 1_000_000;

    /// <summary>True when this part is to be checked. <paramref name="gain"/> is what the node gets for it, <paramref name="stake"/> what it stands to lose.</summary>
    public static bool IsChecked(VerifySpec terms, ReadOnlySpan<byte> seed, int part, Tokens gain, Tokens stake)
        => Draw(seed, part) < Probability(terms, gain, stake);

    /// <summary>The probability of a check in millionths: 0 for policies that draw nothing.</summary>
    public static int Probability(VerifySpec terms, Tokens gain, Tokens stake) => terms.Policy switch
    {
        VerifyPolicy.Spot => terms.RateMillionths,
        VerifyPolicy.Adaptive => Adaptive(gain, stake),
        _ => 0,
    };

    /// <summary>
    /// max(floor, g / (g + S)), rounded up: at that rate the expected gain of a fake, (1 − p)·g − p·S, is not above nothing.
    /// </summary>
    public static int Adaptive(Tokens gain, Tokens stake)
    {
        if (gain <= Tokens.Zero)
            return VerificationRules.FloorMillionths;
        var whole = (Int128)gain.Micros + Math.Max(0, stake.Micros);
        var millionths = (((Int128)gain.Micros * Certain) + whole - 1) / whole;
        return Math.Max(VerificationRules.FloorMillionths, (int)millionths);
    }

    /// <summary>A number below 1,000,000: u64(HMAC-SHA256(seed, "rx/check/v1" ‖ u32 part)[0..8]) mod 1,000,000.</summary>
    public static int Draw(ReadOnlySpan<byte> seed, int part)
    {
        if (seed.Length != SeedSize)
            throw new ArgumentException($"A seed is {SeedSize} bytes, not {seed.Length}.", nameof(seed));
        Span<byte> text = stackalloc byte[15];
        "rx/check/v1"u8.CopyTo(text);
        BinaryPrimitives.WriteInt32BigEndian(text[11..], part);
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(seed, text, mac);
        return (int)(BinaryPrimitives.ReadUInt64BigEndian(mac) % Certain);
    }
}
