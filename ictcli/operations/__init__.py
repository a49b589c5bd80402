"""What an operator needs beside a running trader: metrics, alerts, backup."""
