namespace Rxelon.Testing;

/// <summary>The virtual machine image of the test run: what <c>samples/vm-primes/build.sh</c> made.</summary>
internal static class VmImageFolder
{
    /// <summary>The folder that <c>./rx test</c> built; null when it did not.</summary>
    internal static string? Given { get; } = Environment.GetEnvironmentVariable("RXELON_TEST_VM") is { Length: > 0 } given ? given : null;

    internal static string Required => Given
        ?? throw new InvalidOperationException("RXELON_TEST_VM is not set: run ./rx test, which builds a virtual machine's image for these tests.");
}
