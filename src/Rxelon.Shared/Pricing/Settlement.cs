using System.Security.Cryptography;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Pricing;

/// <summary>One part's pay.</summary>
public readonly record struct PayLine(int Part, AccountId Operator, Tokens Amount);

/// <summary>
/// How pay for parts leaves a hold (docs/design/pricing.md): which parts, to whom, what is left. The hub books by this, and
/// whoever has a task's events can repeat it.
/// </summary>
/// <param name="Parts">The parts that are paid now, each once, in the order of the lines.</param>
/// <param name="Owed">Per payee, in the order of the ids' text, without zeros; the treasury's line is the network's fee.</param>
/// <param name="Left">What remains of the hold.</param>
public sealed record Settlement(IReadOnlyList<int> Parts, IReadOnlyList<KeyValuePair<AccountId, Tokens>> Owed, Tokens Left)
{
    /// <summary>
    /// Where network fees go. Its "signing key" is SHA-256 of "rxelon treasury", to which nobody knows a private key, so nobody
    /// can open or sign for it.
    /// </summary>
    public static AccountId Treasury { get; } = AccountId.OfSigningKey(SHA256.HashData("rxelon treasury"u8));

    /// <summary>
    /// Splits these lines. A part that is paid already or named before is skipped; what the hold no longer has is not paid, so that
    /// a wrong line cannot create money.
    /// </summary>
    public static Settlement Of(IEnumerable<PayLine> lines, Func<int, bool> isPaid, Tokens remaining, int feePermille)
    {
        var parts = new HashSet<int>();
        var owed = new Dictionary<AccountId, Tokens>();
        foreach (var line in lines)
        {
            if (isPaid(line.Part) || !parts.Add(line.Part))
                continue;
            var amount = Tokens.Min(line.Amount, remaining);
            var fee = Tariff.Fee(amount, feePermille);
            remaining -= amount;
            Add(owed, line.Operator, amount - fee);
            Add(owed, Treasury, fee);
        }

        return new Settlement([.. parts], [.. owed.OrderBy(o => o.Key.ToString(), StringComparer.Ordinal)], remaining);
    }

    private static void Add(Dictionary<AccountId, Tokens> owed, AccountId payee, Tokens amount)
    {
        if (amount != Tokens.Zero)
            owed[payee] = owed.GetValueOrDefault(payee) + amount;
    }
}
