namespace Rxelon.Shared.Workloads;

/// <summary>
/// Names inside the plaintext of parts and results, which are POSIX tar (pax) streams so that any tool can read them.
/// Input: optional <c>stdin</c>, files under <c>in/</c>. Result: <c>stdout</c>, <c>stderr</c> (last 64 KiB), files under <c>out/</c>.
/// </summary>
public static class PartArchive
{
    public const string Stdin = "stdin";
    public const string Stdout = "stdout";
    public const string Stderr = "stderr";
    public const string InPrefix = "in/";
    public const string OutPrefix = "out/";

    /// <summary>
    /// The file in <c>/out</c> that a program leaves to be continued elsewhere, and in <c>/in</c> where the next attempt finds it
    /// (docs/design/checkpoints.md). It, and names that begin with it and a dot, are no part of a result.
    /// </summary>
    public const string Checkpoint = ".checkpoint";

    /// <summary>Bytes of stderr that a result keeps.</summary>
    public const int StderrTail = 64 * 1024;
}
