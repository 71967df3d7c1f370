import csv

import pytest

from helloworld import main, summarise

SALES = """\
region,amount
North,10
South,2.5
North,30
South,unknown
"""


@pytest.fixture
def sales(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(SALES, encoding="utf-8")
    return path


def test_groups_are_summed_up():
    rows = [{"region": "North", "amount": "10"}, {"region": "North", "amount": "30"}]
    expected = {"region": "North", "count": 2, "total": 40.0, "mean": 20.0, "median": 20.0}
    assert [expected] == summarise(rows, by="region", value="amount")


def test_what_is_no_number_is_left_out(sales, tmp_path):
    output = tmp_path / "summary.csv"
    assert 0 == main([str(sales), "--output", str(output)])
    with output.open(encoding="utf-8", newline="") as file:
        totals = {row["region"]: row["total"] for row in csv.DictReader(file)}
    assert {"North": "40.0", "South": "2.5"} == totals


def test_a_table_is_printed(sales, capsys):
    main([str(sales)])
    assert ["region", "count", "total", "mean", "median"] == capsys.readouterr().out.split()[:5]


def test_a_missing_column_is_an_error(sales):
    assert 1 == main([str(sales), "--by", "country"])
