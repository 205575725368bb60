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

    /// <summary>Bytes of stderr that a result keeps.</summary>
    public const int StderrTail = 64 * 1024;
}
