# For systems without a wheel of the placer (anything but Linux x86-64 with Python 3.11):
#   docker build --platform linux/amd64 -t accelscope .
#   docker run --rm -p 127.0.0.1:8501:8501 -v accelscope:/state accelscope
FROM --platform=linux/amd64 python:3.11-slim-bookworm
WORKDIR /app
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY . .
ENV ACCEL_DB=/state/accelscope.duckdb ACCEL_RUNS=/state/runs
VOLUME /state
EXPOSE 8501
# Inside the container the server must listen beyond its own loopback; the -p above keeps it on the host's.
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.headless", "true"]
