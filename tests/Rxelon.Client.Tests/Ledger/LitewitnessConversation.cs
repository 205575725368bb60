namespace Rxelon.Client.Tests.Ledger;

/// <summary>
/// The nine add-checkpoint requests of torchwood's cmd/litewitness/testdata/litewitness.txt, with the answers it expects. The
/// published file exists with 403 and with 404 for the unknown log; 404 is what tlog-witness v1.0.0 says. One deviation: its wrong
/// signature also has bits behind its end, which base64 as it is read here does not allow (400); spelt right, the same bytes get
/// the 403 that is published.
/// </summary>
internal static class LitewitnessConversation
{
    internal const string LogKey = "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f";

    internal const string Origin = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";

    private const string Stranger = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e563";

    private const string Size1 = """
        1
        KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

        """;

    private const string Size3 = """
        3
        RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=

        """;

    private const string Size5 = """
        5
        QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=

        """;

    private const string Signature1 = "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=";
    private const string Signature3 = "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=";
    private const string Wrong3 = "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6g";
    private const string Signature5 = "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=";

    private const string One = "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    private const string Two = "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    private const string NotTwo = "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABA=\n";
    private const string Three = "KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    private const string Four = "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    private const string TwoAndThree = "+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=\n";
    private const string ZeroAndOne = "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=\n";

    /// <summary>Request, status, and what the body is or has in it.</summary>
    internal static IReadOnlyList<(string Request, int Status, string Body)> Exchanges { get; } =
    [
        (Ask(0, "", Origin, Size1, Signature1), 200, "— example.com/witness"),
        (Ask(1, One + Two, Origin, Size3, Wrong3 + "x="), 400, "base64"),
        (Ask(1, One + Two, Origin, Size3, Wrong3 + "w="), 403, "invalid signature"),
        (Ask(1, One + Two, Stranger, Size3, Signature3), 404, "unknown log"),
        (Ask(1, "", Origin, Size3, Signature3), 422, "consistency proof"),
        (Ask(1, One + NotTwo, Origin, Size3, Signature3), 422, "consistency proof"),
        (Ask(1, One + Two, Origin, Size3, Signature3), 200, "— example.com/witness"),
        (Ask(1, One + TwoAndThree + Four, Origin, Size5, Signature5), 409, "3\n"),
        (Ask(3, Two + Three + ZeroAndOne + Four, Origin, Size5, Signature5), 200, "— example.com/witness"),
        (Ask(0, "", Origin, Size5, Signature5), 409, "5\n"),
    ];

    private static string Ask(int old, string proof, string origin, string head, string signature)
        => $"old {old}\n{proof}\n{origin}\n{head}\n— {origin} {signature}\n";
}
