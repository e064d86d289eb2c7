import base64
import unittest

from daytona import BarChart, BoxAndWhiskerChart, CompositeChart, LineChart, PieChart, ScatterChart

from clients import settled, to_both_clients


@to_both_clients
class Charts:
    async def asyncSetUp(self):
        await super().asyncSetUp()
        if (await settled(self.sandbox.process.exec('python3 -c "import matplotlib"'))).exit_code != 0:
            raise unittest.SkipTest("the Python of the sandbox has no matplotlib")

    async def chart(self, kind, *lines):
        """The one chart that some lines draw, of the class that belongs to it."""
        code = "\n".join(["import matplotlib.pyplot as plt", *lines, "plt.show()", 'print("after")'])
        answer = await settled(self.sandbox.process.code_run(code))
        self.assertEqual((answer.exit_code, answer.result), (0, "after\n"))
        (chart,) = answer.artifacts.charts
        self.assertIsInstance(chart, kind)
        self.assertEqual(base64.b64decode(chart.png)[1:4], b"PNG")
        return chart

    async def test_a_line_plot(self):
        chart = await self.chart(LineChart, 'plt.plot([0, 1], [0, 5], label="run 1")', 'plt.title("Speed")')
        self.assertEqual((chart.title, chart.elements[0].label), ("Speed", "run 1"))
        self.assertEqual(chart.elements[0].points, [[0, 0], [1, 5]])

    async def test_a_line_plot_over_time(self):
        chart = await self.chart(
            LineChart, "from datetime import date", "plt.plot([date(2026, 1, 1), date(2026, 1, 2)], [1, 4])"
        )
        self.assertEqual((chart.x_scale, len(chart.elements[0].points)), ("datetime", 2))

    async def test_a_scatter_plot(self):
        chart = await self.chart(ScatterChart, "plt.scatter([0.1, 0.4], [0.7, 0.2])")
        self.assertEqual(chart.elements[0].points, [[0.1, 0.7], [0.4, 0.2]])

    async def test_a_bar_chart(self):
        chart = await self.chart(BarChart, 'plt.bar(["A", "B"], [12, 7.5])')
        self.assertEqual([(it.label, it.value) for it in chart.elements], [("A", "12"), ("B", "7.5")])

    async def test_a_pie_chart(self):
        chart = await self.chart(PieChart, 'plt.pie([35, 65], labels=["A", "B"])')
        self.assertEqual([round(it.angle) for it in chart.elements], [126, 234])

    async def test_a_box_plot(self):
        chart = await self.chart(BoxAndWhiskerChart, "plt.boxplot([[2, 5, 8, 12, 19]])")
        self.assertEqual(chart.elements[0].median, 8)

    async def test_several_plots_in_one_figure(self):
        lines = ["_, (left, right) = plt.subplots(1, 2)", "left.plot([1, 2])", 'right.bar(["A"], [1])']
        chart = await self.chart(CompositeChart, *lines)
        self.assertEqual([it.type for it in chart.elements], ["line", "bar"])
