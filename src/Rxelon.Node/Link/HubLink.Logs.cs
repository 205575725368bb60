using Rxelon.Shared.Wire;

namespace Rxelon.Node.Link;

/// <content>Log chunks: reliable like reports, in a lane of their own.</content>
internal sealed partial class HubLink
{
    private readonly LogLane _logs = new();

    /// <summary>True when the frame is a chunk; one for which there is no room is dropped, and its number says so to the reader.</summary>
    private bool TakeLog(ToHub frame)
    {
        if (frame.BodyCase != ToHub.BodyOneofCase.Log)
            return false;
        _logs.Add(frame);
        SendLogs();
        return true;
    }

    private void SendLogs()
    {
        while (_up && _logs.TryNext(out var frame))
        {
            var seq = _out.Add(frame);
            _logs.Sent(seq);
            Transmit(frame, seq);
        }
    }
}
