using System.Text;
using Rxelon.Cli.Output;

namespace Rxelon.Client.Tests.Cli;

public sealed class ContinuedStreamSpecs
{
    [Theory]
    [InlineData("", "Hello", "Hello", false)]
    [InlineData("Hel", "Hello", "lo", false)]
    [InlineData("Hello", "Hello", "", false)]
    [InlineData("Help", "Hello", "", true)]
    [InlineData("Hello!", "Hello", "", true)]
    public void What_was_said_is_not_said_again_and_must_be_what_comes(string said, string comes, string passed, bool differs)
    {
        foreach (var size in (int[])[1, 2, 100])
        {
            var into = new MemoryStream();
            var stream = new ContinuedStream(into, Encoding.UTF8.GetBytes(said));
            foreach (var some in Encoding.UTF8.GetBytes(comes).Chunk(size))
                stream.Write(some);
            Assert.Equal((passed, differs), (Encoding.UTF8.GetString(into.ToArray()), stream.Differs));
        }
    }
}
