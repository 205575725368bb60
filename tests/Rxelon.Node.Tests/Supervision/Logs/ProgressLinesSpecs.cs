using System.Text;
using Rxelon.Node.Supervision.Logs;

namespace Rxelon.Node.Tests.Supervision.Logs;

public sealed class ProgressLinesSpecs
{
    [Theory]
    [InlineData("rxelon:progress 42%\n", 420)]
    [InlineData("rxelon:progress 0%\n", 0)]
    [InlineData("rxelon:progress 100%\r\n", 1000)]
    [InlineData("rxelon:progress 12.5%\n", 125)]
    [InlineData("words before\nrxelon:progress 7%\nwords behind\n", 70)]
    [InlineData("rxelon:progress 7%\nrxelon:progress 8%\n", 80)]
    [InlineData("rxelon:progress 8%\nrxelon:progress 7%\n", 70)]
    [InlineData("rxelon:progress 9%", 0)] // the line is not over
    [InlineData(" rxelon:progress 9%\n", 0)]
    [InlineData("rxelon:progress 101%\n", 0)]
    [InlineData("rxelon:progress -1%\n", 0)]
    [InlineData("rxelon:progress 1.25%\n", 0)]
    [InlineData("rxelon:progress 1e1%\n", 0)]
    [InlineData("rxelon:progress %\n", 0)]
    [InlineData("rxelon:progress 9\n", 0)]
    [InlineData("rxelon:progress \n", 0)]
    [InlineData("a line that is much longer than such a line may be: rxelon:progress 9%\n", 0)]
    public void A_line_of_its_own_tells_the_percentage_and_nothing_else_does(string written, int permille)
    {
        var whole = new ProgressLines();
        whole.Read(Encoding.UTF8.GetBytes(written));
        Assert.Equal(permille, whole.Permille);

        var trickled = new ProgressLines();
        foreach (var one in Encoding.UTF8.GetBytes(written))
            trickled.Read([one]);
        Assert.Equal(permille, trickled.Permille);
    }
}
