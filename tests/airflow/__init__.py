"""The operator in a real Airflow, against the Databricks stand-in: make test-airflow."""
