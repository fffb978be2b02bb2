using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using SlmOps.Pipeline.Lab;

namespace SlmOps.Cli.Lab;

/// <summary>Draws the lab's figures as SVG, which needs no font and no graphics on the machine.</summary>
internal static class LabPlot
{
    private const int Width = 900;
    private const int Height = 520;
    private const double PointSize = 5;
    private const double FailureSize = 9;

    // Variants at one place stand beside each other.
    private const double Spread = 0.12;

    /// <summary>The file's full path.</summary>
    /// <exception cref="CliException">When it is no kind that can be drawn, or lies nowhere.</exception>
    internal static string Require(string file)
    {
        if (Path.GetExtension(file) != ".svg")
        {
            throw new CliException($"--plot takes a name that ends in .svg, not '{file}'.", ExitCode.Usage);
        }

        var path = Path.GetFullPath(file);
        return Directory.Exists(Path.GetDirectoryName(path))
            ? path
            : throw new CliException($"--plot: there is no folder {Path.GetDirectoryName(path)}.", ExitCode.Usage);
    }

    internal static void Save(LabReport report, string path)
    {
        using var stream = File.Create(path);
        new SvgExporter { Width = Width, Height = Height }.Export(Model(LabFigure.Of(report), report.Machine), stream);
    }

    private static PlotModel Model(LabFigure figure, string machine)
    {
        var values = figure.Variants.SelectMany(line => line.Points).Select(point => point.Value).DefaultIfEmpty(0).ToList();
        var (low, high) = (Math.Floor(values.Min()), Math.Ceiling(values.Max()) + 1);
        var model = new PlotModel { Title = $"{machine}; the others emulated", TitleFontSize = 14, Background = OxyColors.White };
        model.Legends.Add(new Legend { LegendPosition = LegendPosition.RightTop, LegendPlacement = LegendPlacement.Outside });
        var across = new CategoryAxis { Position = AxisPosition.Bottom, MajorGridlineStyle = LineStyle.Dot };
        across.Labels.AddRange(figure.Processors);
        model.Axes.Add(across);
        model.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Left,
            Title = figure.Figure,
            Minimum = low,
            Maximum = high + 0.5,
            MajorStep = figure.IsLogarithmic ? 1 : double.NaN,
            MajorGridlineStyle = LineStyle.Dot,
            LabelFormatter = value => (figure.IsLogarithmic ? "1e" : "") + value.ToString("0.##", CultureInfo.InvariantCulture),
        });
        for (var at = 0; at < figure.Variants.Count; at++)
        {
            Draw(model, figure.Variants[at], (at - ((figure.Variants.Count - 1) / 2.0)) * Spread, high);
        }

        return model;
    }

    private static void Draw(PlotModel model, LabFigureLine line, double shift, double top)
    {
        var points = new ScatterSeries { Title = line.Name, MarkerType = MarkerType.Circle, MarkerSize = PointSize };
        points.Points.AddRange(line.Points.Select(point => new ScatterPoint(point.At + shift, point.Value)));
        model.Series.Add(points);
        if (line.Failures.Count > 0)
        {
            var failures = new ScatterSeries
            {
                Title = $"{line.Name}: did not pass",
                MarkerType = MarkerType.Cross,
                MarkerSize = FailureSize,
                MarkerStroke = OxyColors.Red,
                MarkerStrokeThickness = 2,
            };
            failures.Points.AddRange(line.Failures.Select(failure => new ScatterPoint(failure.At + shift, failure.Value ?? top)));
            model.Series.Add(failures);
        }
    }
}
