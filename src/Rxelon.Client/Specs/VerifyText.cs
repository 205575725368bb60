using System.Globalization;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Specs;

/// <summary>Terms of checking in one word, as the command line takes them.</summary>
public static class VerifyText
{
    /// <summary>Attempts of each part in a quorum when nothing else is said.</summary>
    internal const int DefaultOf = 3;

    /// <summary>An example for messages.</summary>
    internal const string SuchTolerance = "1e-9";

    /// <summary><c>none</c>, <c>spot:RATE</c>, <c>quorum</c> (2 of 3), <c>quorum:AGREE/OF</c> or <c>adaptive</c>; malformed otherwise.</summary>
    public static Outcome<VerifySpec> Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (word, rest) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        VerifySpec? terms = (word, rest) switch
        {
            ("none", "") => new VerifySpec { Policy = VerifyPolicy.None },
            ("adaptive", "") => new VerifySpec { Policy = VerifyPolicy.Adaptive },
            ("spot", _) when TryRate(rest, out var rate) => new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = rate },
            ("quorum", "") => Quorum((DefaultOf / 2) + 1, DefaultOf),
            ("quorum", _) when rest.Split('/') is [var agree, var of] && TryCount(agree, out var a) && TryCount(of, out var o) => Quorum(a, o),
            _ => null,
        };
        if (terms is null)
            return Malformed($"'{text}' is not none, spot:RATE (such as spot:0.1), quorum, quorum:AGREE/OF (such as quorum:2/3) or adaptive.");
        return terms.Problem() is { } problem ? Malformed($"'{text}': {problem}") : terms;
    }

    /// <summary>A share above 0 and up to 1 in millionths. More than six places would be another rate than the one that is signed.</summary>
    internal static bool TryRate(string text, out int millionths)
    {
        millionths = 0;
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) || rate is <= 0 or > 1 || rate * 1_000_000 % 1 != 0)
            return false;
        millionths = (int)(rate * 1_000_000);
        return true;
    }

    /// <summary>How far numbers may be apart, from 1e-15 and below 1.</summary>
    public static bool TryTolerance(string text, out decimal? tolerance)
    {
        tolerance = decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            && number is >= VerifySpec.MinTolerance and < 1 ? number : null;
        return tolerance is not null;
    }

    internal static bool TryCount(string text, out int count) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    private static VerifySpec Quorum(int agree, int of) => new() { Policy = VerifyPolicy.Quorum, Agree = agree, Of = of };

    private static Fault Malformed(string message) => new(FaultCodes.Malformed, message, Culprit.Input);
}
